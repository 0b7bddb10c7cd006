using System.Diagnostics;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>S8: how far analytics is behind under half the load the shop can take, and how fast it catches up after it was away.</summary>
internal static class AnalyticsLag
{
    private const double P99Goal = 1_000, CatchUpGoal = 20_000;

    /// <summary>However short the measurement: what is missed meanwhile must take longer to read than a process takes to get warm.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(60);

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var side = await bench.Ours(cancel);
        if (!bench.Plan.Relay) throw new UsageException("S8 needs the relay; leave --relay off away.");
        var closed = new Checkouts(Skus.Uniform.Basket);
        var sessions = new Sessions(Skus.Uniform);
        Latencies lags;
        int never;
        double perSecond;
        long caughtUp;
        await side.Start(cancel);
        try
        {
            using var generator = new Generator(side.Port, bench.Terms.Connections);
            var stage = new Stage(generator, bench.Terms, new Random(bench.Terms.Seed), new KeyMaker($"bench-{bench.Terms.Seed}-lag"), cancel);
            await closed.Prepare(stage);
            await using var heads = await Heads.Open(bench.Lab, cancel);
            (lags, never) = await UnderHalfLoad(stage, side, closed, heads);

            await bench.Lab.Drain("analytics-1");
            await sessions.Measure(stage with { Terms = bench.Terms with { Duration = Away } });
            (perSecond, caughtUp) = await CatchUp(bench.Lab, heads, cancel);
            await side.Settle(cancel);
        }
        finally
        {
            await side.Stop();
        }

        var audit = await side.Audit(closed.Acknowledged + sessions.Acknowledged);
        Progress.Say($"S8: lag p50 {lags.Percentile(0.5):N0} p99 {lags.Percentile(0.99):N0} ms, {caughtUp:N0} events caught up at {perSecond:N0}/s; audit: {audit.Said}");
        return new ScenarioResult(
            "S8", "order to analytics under half load; catch-up after an absence", bench.Terms.Connections, null, $"p99 ≤ {P99Goal:N0} ms (100 wished for); ≥ {CatchUpGoal:N0} events/s; none lost, none twice",
            never == 0 && lags.Percentile(0.99) <= P99Goal && perSecond >= CatchUpGoal, audit.Ok, Figures: new Dictionary<string, object>
            {
                ["lagP50Milliseconds"] = lags.Percentile(0.5), ["lagP99Milliseconds"] = lags.Percentile(0.99), ["neverApplied"] = never, ["caughtUpEvents"] = caughtUp, ["caughtUpPerSecond"] = Math.Round(perSecond),
            });
    }

    private static async Task<(Latencies Lags, int Never)> UnderHalfLoad(Stage stage, OurSide side, Checkouts closed, Heads heads)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stage.Cancel);
        var watching = heads.Watch(enough.Token);
        await closed.CheckOut(stage, new Pace(stage.Terms.Duration, closed.Rate / 2));
        // What was sold last shall be seen applied, too, however late that is.
        await side.Settle(stage.Cancel);
        await enough.CancelAsync();
        await watching;
        return heads.Lags();
    }

    private static async Task<(double PerSecond, long Events)> CatchUp(Lab lab, Heads heads, CancellationToken cancel)
    {
        var (from, to) = (await heads.AllApplied(), await heads.All());
        await lab.Resume("analytics-1", cancel);
        var began = 0L;
        while (true)
        {
            var applied = await heads.AllApplied();
            if (began == 0 && applied > from) (began, from) = (Stopwatch.GetTimestamp(), applied);
            // From when it begins to read, not from when its process begins to start.
            if (applied >= to) return ((applied - from) / Math.Max(0.001, Stopwatch.GetElapsedTime(began).TotalSeconds), applied - from);
            await Task.Delay(5, cancel);
        }
    }
}
