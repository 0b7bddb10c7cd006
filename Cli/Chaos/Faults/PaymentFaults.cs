using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Clusters;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>F21: the provider is silent or fails before and after the effect, and its messages are lost, doubled, late, early, out of order or forged.</summary>
internal sealed record ProviderFaults(int Orders, int Dice) : PaymentFault("F21", TimeSpan.Zero)
{
    /// <summary>How often each is to happen.</summary>
    private const int Times = 3;

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(90);

    /// <summary>What goes wrong with a request, and with a message; of each kind one at a time, so each has its share.</summary>
    internal static readonly IReadOnlyList<string> Troubles =
    [
        "timeout-after", "error-after", "reset-after", "timeout-before", "error-before", "hook-lost", "hook-twice", "hook-late", "hook-early", "hook-after-next", "hook-forged",
    ];

    private static readonly Life[] Lives = [Life.Bought, Life.OnPage, Life.Cancelled, Life.SentBack, Life.Declined, Life.WrongAmount];

    private IReadOnlyList<string> _missing = Troubles;

    public override string What =>
        $"{Orders} orders are paid, on a page or by token, cancelled, shipped and refunded at a provider that {Times} times each is silent or fails before or after the effect, and loses, doubles, delays, hastens, reorders and forges messages";

    public override bool Hit => _missing.Count == 0;

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var before = await scene.Lab.Provider.Hits(cancel);
        await scene.Lab.Provider.Follow(Dice, [.. Troubles.Select(trouble => new Trouble(trouble, Chance: 0.3, Times: Times, Seconds: 5))], cancel);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        giveUp.CancelAfter(EndsWithin);
        var here = scene with { Run = $"{scene.Run}-provider-{Dice}" };
        await Parallel.ForEachAsync(Enumerable.Range(1, Orders), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel },
            async (number, _) => await new OrderLife(here, number, Shelf.Basket(number)).Live(Lives[number % Lives.Length], giveUp.Token));
        var after = await scene.Lab.Provider.Hits(cancel);
        _missing = [.. Troubles.Where(trouble => after.GetValueOrDefault(trouble) == before.GetValueOrDefault(trouble))];
        if (_missing.Count > 0) Output.Progress.Say($"      {string.Join(", ", _missing)} did not happen.");
    }

    public override Task Heal(Scene scene, CancellationToken cancel) => scene.Lab.Provider.Follow(Dice, [], cancel);
}

/// <summary>How a provider is away: its program is gone, it answers nothing but 503, or nothing that is said reaches the other side.</summary>
internal enum Absence { Killed, Refusing, Silent }

/// <summary>F22: the payment provider is away.</summary>
internal sealed record ProviderAway(int Seconds, Absence How) : PaymentFault("F22", TimeSpan.FromSeconds(Seconds))
{
    public override string What => How switch
    {
        Absence.Killed => $"the payment provider is killed and away for {Seconds} s",
        Absence.Refusing => $"the payment provider answers 503 to everything and sends nothing for {Seconds} s",
        _ => $"nothing said to or by the payment provider arrives for {Seconds} s",
    };

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        if (How == Absence.Killed) await scene.Lab.Find(Laboratory.ProviderName).Fell();
        if (How == Absence.Refusing) await scene.Lab.Provider.Follow(0, [], cancel, outage: true);
        if (How == Absence.Silent) Silence(scene, true);
    }

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        if (How == Absence.Refusing) await scene.Lab.Provider.Follow(0, [], cancel);
        if (How == Absence.Silent) Silence(scene, false);
        if (How != Absence.Killed) return;
        var provider = scene.Lab.Find(Laboratory.ProviderName);
        provider.Resume();
        await provider.Reaches(ChildState.Running, cancel);
    }

    // What was swallowed is gone: those connections begin anew.
    private static void Silence(Scene scene, bool silent)
    {
        foreach (var edge in scene.Lab.Edges.ToProvider.Append(scene.Lab.Edges.Messages).OfType<Commerce.Servers.TcpProxy>())
        {
            edge.HalfOpen = silent;
            if (!silent) edge.Cut();
        }
    }
}
