using System.Diagnostics;
using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Output;
using Commerce.Cli.Verify;

namespace Commerce.Cli.Chaos.Checks;

/// <summary>
/// What is checked when the faults have stopped. Liveness: within a minute every call is answered, every order has ended or waits for a named reason, analytics
/// has everything. Safety: nothing acknowledged is missing, one order per key, the invariants, the provider's ledger, stock per SKU, the wire.
/// </summary>
internal sealed class Reckoning(Scene scene, IReadOnlyDictionary<string, int> shelves, TimeSpan patience)
{
    /// <summary>I3, as far as it is about money.</summary>
    public const string LiveMoney = "I3-live-money";

    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(20);

    // On its way by itself; everything else has ended, or waits for somebody or for a time.
    private static readonly string[] Moving = ["placed", "reserving", "authorising", "cancelling"];

    internal static readonly string[] Sold = ["confirmed", "partiallyShipped", "shipped", "delivered", "completed"];

    public async Task All(CancellationToken cancel)
    {
        var quiet = Stopwatch.StartNew();
        await Orders(quiet, cancel);
        Acknowledged();
        Crowd.Check(scene.Ledger, scene.Findings);
        await Analytics(quiet, cancel);
        await Expiry.Check(scene, cancel);
        await Invariants(scene);
        StockHistory.Check(scene.Ledger, shelves, scene.Findings);
        await scene.Wire.Check(scene.Findings, cancel);
    }

    /// <summary>What of it is about orders and the journals.</summary>
    /// <param name="known">Violations that were there before.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task Converge(HashSet<string> known, CancellationToken cancel)
    {
        await Orders(Stopwatch.StartNew(), cancel);
        Acknowledged();
        await Invariants(scene, known);
    }

    /// <summary>The invariants I1 to I8 as they stand; they hold of a shop that sells, too.</summary>
    public static async Task Invariants(Scene scene, HashSet<string>? known = null)
    {
        try
        {
            var report = await Audit.Run(scene.Lab.Installation, TimeProvider.System.GetUtcNow());
            foreach (var broken in report.Invariants.Where(invariant => !invariant.Ok))
            {
                foreach (var violation in broken.Violations.Where(violation => known?.Add($"{violation.Stream} {violation.Message}") is not false))
                    scene.Findings.Add(KindOf(broken.Id, violation), $"{broken.Rule}: {violation.Stream}, event {violation.Version}: {violation.Message}");
            }
        }
        catch (MissingException away)
        {
            Progress.Say($"The invariants could not be read now: {away.Message}");
        }
    }

    // A dead order that holds stock and one that holds money are two things.
    private static string KindOf(string invariant, Violation violation) => invariant == "I3" && violation.Message.Contains("are live", StringComparison.Ordinal) ? LiveMoney : invariant;

    private async Task Orders(Stopwatch quiet, CancellationToken cancel)
    {
        var open = scene.Ledger.Purchases.Where(purchase => purchase.OrderId is not null).ToList();
        while (true)
        {
            await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel }, async (purchase, _) => await Read(purchase, cancel));
            open = [.. open.Where(purchase => purchase.Final is null || Moving.Contains(purchase.Final))];
            if (open.Count == 0) break;
            if (quiet.Elapsed > patience)
            {
                foreach (var stuck in open) scene.Findings.Add("stuck", $"order {stuck.OrderId} is {stuck.Final ?? "not there"} {patience.TotalSeconds:0} s after the last fault");
                break;
            }

            await Task.Delay(500, cancel);
        }
    }

    private async Task Read(Purchase purchase, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Ask);
        var reply = await scene.Client.Ask("reckoning", Call.Get($"v1/orders/{purchase.OrderId}", scene.Lab.Token), patience.Token);
        if (reply is not { Ok: true })
        {
            if (reply is not null) scene.Findings.Add("acknowledged-lost", $"order {purchase.OrderId} was answered with {purchase.Acknowledged ?? purchase.Refused}, and is answered {(int)reply.Status} now");
            return;
        }

        (purchase.Final, purchase.FinalCode) = (reply.Text("status"), reply.Text("code"));
        if (!Moving.Contains(purchase.Final)) purchase.Known ??= scene.History.Call("reckoning", "knows", null);
        if (purchase.Final == "cancelled") purchase.CancelKnown ??= scene.History.Call("reckoning", "knows of a cancellation", null);
        if (purchase.Final == "parked") scene.Findings.Add("parked", $"order {purchase.OrderId} is parked");
    }

    private void Acknowledged()
    {
        foreach (var purchase in scene.Ledger.Purchases)
        {
            if (purchase.Orders.Count > 1) scene.Findings.Add("one-order-per-key", $"one key was answered with {string.Join(" and ", purchase.Orders.Keys)}");
            if (purchase.Acknowledged is { } said && Sold.Contains(said) && purchase.Final is { } stands && !Sold.Contains(stands) && purchase.CancelAsked is null)
                scene.Findings.Add("acknowledged-lost", $"order {purchase.OrderId} was acknowledged as {said}, and is {stands} now");
        }
    }

    private async Task Analytics(Stopwatch quiet, CancellationToken cancel)
    {
        while (true)
        {
            var (behind, projected) = (new List<string>(), await scene.Lab.Installation.Projections());
            await using (var journals = await scene.Lab.Installation.OpenJournals())
            {
                foreach (var feed in Clusters.ClusterConnections.AnalyticsFeeds)
                {
                    var (head, at) = (journals.Head(feed).Position, projected?.Cursors.FirstOrDefault(cursor => cursor.Service == feed)?.Position ?? 0);
                    if (at < head) behind.Add($"{feed} at {at} of {head}");
                }
            }

            if (behind.Count == 0) return;
            if (quiet.Elapsed > patience)
            {
                scene.Findings.Add("analytics-behind", $"{string.Join(", ", behind)} {patience.TotalSeconds:0} s after the last fault");
                return;
            }

            await Task.Delay(500, cancel);
        }
    }
}
