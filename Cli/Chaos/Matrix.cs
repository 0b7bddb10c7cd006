using System.Diagnostics;
using System.Globalization;
using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Cli.Chaos;

/// <summary>What became of the orders of one cell: all zero, or something is wrong. Unreached counts for nothing and is said.</summary>
internal sealed record Cell(string Point, string Step, bool Reached, int Duplicates, int Losses, int LeakedHolds, int LiveMoney)
{
    /// <summary>Two tries at one cell: whatever either found.</summary>
    public static Cell operator +(Cell a, Cell b) => a with
    {
        Reached = a.Reached || b.Reached, Duplicates = a.Duplicates + b.Duplicates, Losses = a.Losses + b.Losses, LeakedHolds = a.LeakedHolds + b.LeakedHolds, LiveMoney = a.LiveMoney + b.LiveMoney,
    };

    public bool Clean => Reached && Duplicates + Losses + LeakedHolds + LiveMoney == 0;
}

/// <summary>
/// <c>kill -9</c> at every crash point × every step of the process, twenty orders each whose life goes through that step, and what became of them: doubled,
/// lost, with leaked holds, with live money on a dead order.
/// </summary>
internal sealed class Matrix(int seed)
{
    private const int Orders = 20, Silos = 3, Units = 1_000_000;

    private static readonly TimeSpan PayBy = TimeSpan.FromSeconds(6), ReachedWithin = TimeSpan.FromSeconds(6), Answered = TimeSpan.FromSeconds(60);

    /// <summary>Every step of the process by its event, and the life of an order that takes it.</summary>
    private static readonly (string Event, Life Life)[] Steps =
    [
        ("cart.frozen.v1", Life.Bought), ("order.placed.v1", Life.Bought), ("stock.reserved.v1", Life.Bought), ("order.reserved.v1", Life.Bought), ("payment.requested.v1", Life.Bought), ("payment.succeeded.v1", Life.Bought),
        ("order.confirmed.v1", Life.Bought), ("cart.ordered.v1", Life.Bought), ("stock.committed.v1", Life.Bought), ("settlement.reached.v1", Life.Bought),
        ("order.rejected.v1", Life.Short), ("cart.thawed.v1", Life.Short),
        ("order.payment-declined.v1", Life.Declined), ("payment.declined.v1", Life.Declined),
        ("order.payment-started.v1", Life.PaidLater), ("stock.pinned.v1", Life.PaidLater),
        ("order.payment-page-requested.v1", Life.OnPage), ("payment.page-requested.v1", Life.OnPage), ("payment.page-opened.v1", Life.OnPage), ("order.payment-page-opened.v1", Life.OnPage),
        ("payment.unknown.v1", Life.HeardLate), ("order.payment-uncertain.v1", Life.HeardLate),
        ("order.amount-mismatched.v1", Life.WrongAmount),
        ("order.expired.v1", Life.Unpaid), ("stock.lapsed.v1", Life.Unpaid), ("order.stock-freed.v1", Life.Unpaid),
        ("order.cancel-requested.v1", Life.Cancelled), ("order.stock-committed.v1", Life.Cancelled), ("order.cart-settled.v1", Life.Cancelled), ("order.payment-voided.v1", Life.Cancelled), ("stock.returned.v1", Life.Cancelled), ("order.cancelled.v1", Life.Cancelled),
        ("order.shipment-requested.v1", Life.SentBack), ("order.shipped.v1", Life.SentBack), ("order.delivered.v1", Life.SentBack), ("order.return-accepted.v1", Life.SentBack),
        ("order.refunded.v1", Life.SentBack), ("order.restocked.v1", Life.SentBack), ("payment.closed.v1", Life.CancelledDeclined), ("stock.released.v1", Life.CancelledUnpaid),
        ("order.shipment-blocked.v1", Life.Lapsed),
        ("order.refund-declined.v1", Life.ChargedBack), ("order.parked.v1", Life.ChargedBack), ("order.resumed.v1", Life.ChargedBack), ("order.step-skipped.v1", Life.ChargedBack),
        ("order.step-unanswered.v1", Life.Unheard), ("order.payment-given-up.v1", Life.Unheard),
        ("order.advance-requested.v1", Life.CapturedAhead), ("order.advance-captured.v1", Life.CapturedAhead), ("order.advance-declined.v1", Life.LapsedAhead),
        ("order.capture-undone.v1", Life.CancelledAhead), ("order.completed.v1", Life.Completed),
    ];

    private static readonly (string Point, string Subject, Life Life)[] Elsewhere =
    [
        (CrashPoint.AfterProvider, "Authorise", Life.Bought), (CrashPoint.AfterProvider, "Void", Life.Cancelled), (CrashPoint.AfterProvider, "Capture", Life.SentBack), (CrashPoint.AfterProvider, "Refund", Life.SentBack),
        (CrashPoint.AfterPublish, "order", Life.Bought), (CrashPoint.AfterPublish, "inventory", Life.Bought), (CrashPoint.AfterPublish, "payment", Life.Bought), (CrashPoint.AfterPublish, "cart", Life.Bought),
        (CrashPoint.AfterApply, "order", Life.Bought), (CrashPoint.AfterApply, "inventory", Life.Bought),
    ];

    // What a day, a week or half an hour is waited for elsewhere is waited for some seconds.
    private static readonly Dictionary<string, TimeSpan> ShortTimes = new()
    {
        [nameof(CheckoutTerms.ProviderSilence)] = TimeSpan.FromSeconds(5), [nameof(CheckoutTerms.CaptureWithin)] = TimeSpan.FromSeconds(3), [nameof(CheckoutTerms.ReturnWindow)] = TimeSpan.FromSeconds(2),
    };

    /// <summary>All cells.</summary>
    public static IReadOnlyList<(string Point, string Subject, Life Life)> All { get; } =
        [.. Steps.SelectMany(step => new[] { (CrashPoint.BeforeAppend, step.Event, step.Life), (CrashPoint.AfterAppend, step.Event, step.Life) }), .. Elsewhere];

    /// <summary>Runs them in one shop, and those that need one in another whose times are short.</summary>
    public async Task<IReadOnlyList<Cell>> Run(IReadOnlyList<(string Point, string Subject, Life Life)> cells, CancellationToken cancel)
    {
        var made = new List<Cell>();
        foreach (var some in cells.GroupBy(cell => cell.Life >= Life.Unheard))
            made.AddRange(await Run([.. some], new Setup(Silos, PayBy, Terms: some.Key ? ShortTimes : null), cancel));
        return made;
    }

    private async Task<IReadOnlyList<Cell>> Run(IReadOnlyList<(string Point, string Subject, Life Life)> cells, Setup setup, CancellationToken cancel)
    {
        await using var lab = await Laboratory.Start(setup, cancel);
        using var history = new History(Path.Combine(lab.Folder.Root, "history.jsonl"), TimeProvider.System);
        var findings = new Findings();
        using var client = new Client(lab.Url, history, findings, new Gaps());
        await using var wire = new Wire(lab);
        for (var i = 1; i <= Orders; i++) await Shelf.Put(lab.Shop, Sku(Life.Bought, "", i), Units, cancel);

        _known.Clear();
        var (made, began) = (new List<Cell>(), Stopwatch.StartNew());
        foreach (var ((point, subject, life), number) in cells.Select((cell, i) => (cell, i)))
        {
            var (cell, scene) = (default(Cell), default(Scene));
            for (var attempt = 0; attempt < Silos && cell is not { Reached: true }; attempt++)
            {
                scene = new Scene(lab, client, history, new Ledger(), new Findings(), wire, RunName(seed, number, attempt));
                cell = await Try(scene, point, subject, life, number, attempt, cancel) is var next && cell is not null ? next + cell : next;
            }

            made.Add(cell!);
            Progress.Say($"{began.Elapsed:mm\\:ss} {number + 1} of {cells.Count}: {point} {subject}: {(cell!.Reached ? "" : "NOT REACHED, ")}{cell.Duplicates} {cell.Losses} {cell.LeakedHolds} {cell.LiveMoney}");
            lab.Keep |= !cell.Clean;
            foreach (var finding in scene!.Findings.All) Progress.Say($"      {finding.Name} ({finding.Count}): {finding.First}");
        }

        foreach (var finding in findings.All) Progress.Say($"{finding.Name} ({finding.Count}): {finding.First}");
        if (lab.Keep) Progress.Say($"Logs and databases are kept in {lab.Folder.Root}.");
        return made;
    }

    // The audit is of all there is: what an earlier cell broke is not held against this one.
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private async Task<Cell> Try(Scene scene, string point, string subject, Life life, int number, int attempt, CancellationToken cancel)
    {
        // Who relays is nobody's choice, nor who has these orders: where one victim was not enough, all are, and the first of them ends it.
        string[] victims = point switch
        {
            CrashPoint.AfterApply => ["analytics-1"],
            _ when point == CrashPoint.AfterPublish || attempt > 0 => [.. scene.Lab.Silos.Select(silo => silo.Name)],
            // The victim of the cell before is still on its way back; this one's neighbours are not.
            _ => [scene.Lab.SiloName((number % Silos) + 1)],
        };
        foreach (var victim in victims) await scene.Lab.Find(victim).Reaches(ChildState.Running, cancel);
        for (var i = 1; life == Life.Short && i <= Orders; i++) await Shelf.Put(scene.Lab.Shop, Sku(life, scene.Run, i), 1, cancel);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        giveUp.CancelAfter(Answered);
        foreach (var victim in victims) scene.Lab.Edges.Order(victim, $"crash {point} {subject} {(attempt > 0 ? 1 : new Random(seed + number).Next(1, 3))}");
        var lives = Task.WhenAll(Enumerable.Range(1, Orders).Select(i => new OrderLife(scene, i, Sku(life, scene.Run, i)).Live(life, giveUp.Token)));
        var reached = false;
        for (var over = new Stopwatch(); !reached && over.Elapsed < ReachedWithin;)
        {
            // What follows by itself follows soon.
            if (lives.IsCompleted) over.Start();
            reached = victims.Any(victim => scene.Lab.Edges.Crashed(victim) is not null);
            await Task.Delay(20, cancel);
        }

        foreach (var victim in victims) scene.Lab.Edges.Disarm(victim);
        await lives;
        await new Reckoning(scene, new Dictionary<string, int>(), Answered).Converge(_known, cancel);
        return new Cell(point, subject, reached,
            Count(scene, "I5", "one-order-per-key"), Count(scene, "acknowledged-lost", "I1", "I2", "I4", "stuck", "unanswered", "parked"), Count(scene, "I3", "I7"), Count(scene, Reckoning.LiveMoney));
    }

    // One for each order, so that the stock of a cell lies on all silos. What runs short is another one each time: a gateway remembers for a minute of which it has refused an order, and lets nobody order it.
    internal static string Sku(Life life, string run, int order) => life == Life.Short ? $"SHORT-{run}n{order}" : $"PLENTY-{order}";

    // Letters between the numbers: digits that only dashes part may pass for a card's, and such a SKU is refused.
    internal static string RunName(int seed, int number, int attempt) => $"m{seed}c{number}a{attempt}";

    private static int Count(Scene scene, params string[] kinds) => scene.Findings.All.Where(finding => kinds.Contains(finding.Name)).Sum(finding => finding.Count);

    /// <summary>The matrix as a table: a row per step, and its cells.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<Cell> cells)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"{"kill -9 at",-30} {"of",-28} reached  doubled  lost  leaked  live money   ({Orders} orders each)");
        foreach (var cell in cells)
            yield return string.Create(CultureInfo.InvariantCulture, $"{cell.Point,-30} {cell.Step,-28} {(cell.Reached ? "yes" : "NO"),-8} {cell.Duplicates,7} {cell.Losses,5} {cell.LeakedHolds,7} {cell.LiveMoney,11}");
    }
}
