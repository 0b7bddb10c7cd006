using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;
using Npgsql;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>S12: one of three silos is killed while checkouts run; how long until nine tenths of the rate are back, and whether an acknowledged order is missing.</summary>
internal static class SiloKilled
{
    private const double Goal = 5;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5), After = TimeSpan.FromSeconds(20);

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var side = await bench.Ours(cancel, new Spread(3, Together: false));
        var work = new Checkouts(Skus.Uniform.Basket);
        Tally tally;
        long lost;
        await side.Start(cancel);
        try
        {
            using var generator = new Generator(side.Port, bench.Terms.Connections);
            var terms = bench.Terms with { Duration = Before + After };
            var stage = new Stage(generator, terms, new Random(terms.Seed), new KeyMaker($"bench-{terms.Seed}-kill"), cancel);
            await work.Prepare(stage);
            var load = work.Measure(stage);
            await Task.Delay(Before, cancel);
            await bench.Lab.Find("silo-2").Kill(cancel);
            tally = await load;
            await side.Settle(cancel);
            lost = await Missing(bench.Lab, work.Orders, cancel);
        }
        finally
        {
            await side.Stop();
        }

        var audit = await side.Audit(work.Acknowledged);
        var gap = SecondsTo90Percent(tally.Course, (int)(Before.TotalSeconds * 10));
        Progress.Say($"S12: {gap?.ToString("N1", System.Globalization.CultureInfo.InvariantCulture) ?? "never"} s to 90 % of the rate, {lost} of {work.Orders.Count} acknowledged orders missing, errors {string.Join(' ', tally.Errors.Select(error => $"{error.Key}:{error.Value}"))} {tally.FirstError}; audit: {audit.Said}");
        return new ScenarioResult(
            "S12", "kill -9 of one of three silos under checkouts", bench.Terms.Connections, null, $"≤ {Goal} s to 90 % of the rate; 0 acknowledged orders lost",
            gap <= Goal && lost == 0, audit.Ok, Figures: new Dictionary<string, object>
            {
                ["secondsTo90Percent"] = gap ?? -1, ["acknowledged"] = work.Orders.Count, ["lost"] = lost, ["errors"] = tally.Errors.Values.Sum(),
            });
    }

    /// <summary>From the kill to the first second that, as a whole, has nine tenths of the rate before it; null when there is none.</summary>
    internal static double? SecondsTo90Percent(IReadOnlyList<int> course, int killedAt)
    {
        if (course.Count <= killedAt) return null;
        var wanted = 0.9 * course.Take(killedAt).Average() * 10;
        // The fault begins with the kill: what was answered just before does not count as recovery.
        var fell = false;
        for (var at = killedAt; at + 10 <= course.Count; at++)
        {
            var second = course.Skip(at).Take(10).Sum();
            if (second < wanted) fell = true;
            else if (fell) return (at - killedAt) / 10.0;
        }

        return fell ? null : 0;
    }

    private static async Task<long> Missing(Lab lab, IReadOnlyList<string> orders, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(lab.Connections.Postgres.Logins["order"].ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancel);
        await using var ask = new NpgsqlCommand("select count(*) from unnest($1) as o(stream) where not exists (select from stream_head h where h.stream = o.stream)", connection);
        ask.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. orders.Select(id => $"order/t1/{id}")] });
        return (long)(await ask.ExecuteScalarAsync(cancel))!;
    }
}
