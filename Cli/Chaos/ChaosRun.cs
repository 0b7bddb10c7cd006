using System.Diagnostics;
using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Output;

namespace Commerce.Cli.Chaos;

/// <summary>How a run goes.</summary>
/// <param name="Seed">All chance comes from it.</param>
/// <param name="Time">How long at least; one pass over the faults is made in any case.</param>
/// <param name="ShoppersPerSecond">How many come.</param>
/// <param name="Setup">The cluster.</param>
internal sealed record RunOptions(int Seed, TimeSpan Time, double ShoppersPerSecond, Setup Setup)
{
    /// <summary>How long all may take to converge when the faults have stopped.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether the folder of a run that found something is kept.</summary>
    public bool Keeps { get; init; } = true;
}

/// <summary>
/// A run: a cluster, shoppers who come whatever happens, one fault after another (the safety phase, in which the invariants hold), and when they have stopped a
/// minute in which everything converges and is checked (the liveness phase).
/// </summary>
internal sealed class ChaosRun(RunOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3), Between = TimeSpan.FromSeconds(2), BetweenAudits = TimeSpan.FromSeconds(20);

    /// <summary>What goes by around a fault: looking for work, coming back.</summary>
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(15);

    private readonly Findings _findings = new();
    private readonly Ledger _ledger = new();
    private readonly Gaps _gaps = new();
    private readonly Dictionary<string, FaultCount> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _longest = new(StringComparer.Ordinal);
    private readonly Stopwatch _sinceAudit = Stopwatch.StartNew();

    public Findings Findings => _findings;

    /// <param name="plan">The faults, in order; passes without an end are cut off by the time.</param>
    /// <param name="firstPass">How many of them are made in any case.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task<ChaosReport> Run(IEnumerable<Fault> plan, int firstPass, CancellationToken cancel)
    {
        Progress.Say($"Starting {options.Setup.Silos} silos, a gateway, analytics, PostgreSQL and RabbitMQ.");
        await using var lab = await Laboratory.Start(options.Setup, cancel);
        try
        {
            return await Run(lab, plan, firstPass, cancel);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            // What a run found before it broke, and where to look, is not lost with it.
            _findings.Add("broken off", broken is CheckFailedException or MissingException ? broken.Message : broken.ToString());
            lab.Keep = options.Keeps;
            return Report(lab);
        }
    }

    private async Task<ChaosReport> Run(Laboratory lab, IEnumerable<Fault> plan, int firstPass, CancellationToken cancel)
    {
        using var history = new History(Path.Combine(lab.Folder.Root, "history.jsonl"), TimeProvider.System);
        using var client = new Client(lab.Url, history, _findings, _gaps);
        await using var wire = new Wire(lab);
        await wire.Listen(cancel);
        var scene = new Scene(lab, client, history, _ledger, _findings, wire, $"s{options.Seed}");

        // Enough shelves for a run that takes twice its time.
        var shelf = new Shelf();
        var lasts = plan.Take(firstPass).Sum(fault => (fault.Lasts + Around).TotalSeconds);
        await shelf.Stock(lab.Shop, (int)(Math.Max(options.Time.TotalSeconds, lasts) * 2 * options.ShoppersPerSecond), new Random(options.Seed), cancel);
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var traffic = new Traffic(options.Seed, options.ShoppersPerSecond, scene.Run, client, history, _ledger);
        var arrivals = traffic.Run(closing.Token, giveUp.Token);
        await Task.Delay(WarmUp, cancel);

        var (began, number) = (Stopwatch.StartNew(), 0);
        foreach (var fault in plan)
        {
            if (number >= firstPass && began.Elapsed > options.Time) break;
            number++;
            Progress.Say($"{began.Elapsed:mm\\:ss} {fault.Id}: {fault.What}.");
            await Suffer(fault, scene, cancel);
        }

        await closing.CancelAsync();
        await arrivals;
        Progress.Say($"{began.Elapsed:mm\\:ss} The faults have stopped; {traffic.Came} shoppers came, {traffic.Waiting} wait for an answer, {traffic.SentAway} were sent away.");
        giveUp.CancelAfter(options.Patience);
        await traffic.Served();
        if (giveUp.IsCancellationRequested) _findings.Add("unanswered", $"some calls had no answer {options.Patience.TotalSeconds:0} s after the last fault");
        await new Reckoning(scene, shelf.Initial, options.Patience).All(cancel);
        lab.Keep = options.Keeps && !_findings.None;
        return Report(lab);
    }

    private async Task Suffer(Fault fault, Scene scene, CancellationToken cancel)
    {
        var owned = await fault.OwnedWork(scene, cancel);
        var from = scene.History.Now;
        scene.History.Note($"{fault.Id} begins: {fault.What}");
        await fault.Inject(scene, cancel);
        await Task.Delay(fault.Lasts, cancel);
        await fault.Heal(scene, cancel);
        scene.History.Note($"{fault.Id} is over");
        await scene.Lab.AllRun(cancel);
        await Task.Delay(Between, cancel);

        var before = _counts.GetValueOrDefault(fault.Id) ?? new FaultCount(fault.Id, 0, 0);
        _counts[fault.Id] = fault.Hit && owned > 0 ? before with { Hits = before.Hits + 1, OwnedWork = before.OwnedWork + owned } : before;
        var gap = _gaps.Longest(from, scene.History.Now);
        _longest[fault.Id] = Math.Max(_longest.GetValueOrDefault(fault.Id), gap);
        Progress.Say($"      {(fault.Hit ? "" : "not reached, ")}{owned} in hand, a client waited {gap:0.0} s at the longest.");
        if (_sinceAudit.Elapsed < BetweenAudits) return;
        await Reckoning.Invariants(scene);
        _sinceAudit.Restart();
    }

    private ChaosReport Report(Laboratory lab) => new(
        _findings.None && _counts.Values.All(count => count.Hits > 0), options.Seed, _ledger.Purchases.Count(purchase => purchase.Acknowledged is not null),
        [.. _counts.Values.OrderBy(count => count.Id.Length).ThenBy(count => count.Id, StringComparer.Ordinal)], [], _longest, [.. _findings.All], lab.Keep ? lab.Folder.Root : null);
}
