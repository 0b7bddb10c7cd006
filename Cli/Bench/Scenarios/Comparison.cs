using System.Globalization;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>Measures sides in turn: rounds that stand beside each other in time are compared, and the order within a pair changes from pair to pair.</summary>
internal static class Comparison
{
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<Measurement>>> Run(
        string title, IReadOnlyList<Side> sides, Func<Workload> work, Terms terms, CancellationToken cancel)
    {
        var measured = sides.ToDictionary(side => side.Name, _ => new List<Measurement>());
        for (var round = 1; round <= terms.Rounds; round++)
        {
            foreach (var side in round % 2 == 1 ? sides : sides.Reverse())
            {
                var one = await Round(side, work(), terms, round, cancel);
                measured[side.Name].Add(one);
                Progress.Say($"{title}, {terms.Connections} connections, round {round} of {terms.Rounds}: {side.Name,-9} {Line(one)}");
            }
        }

        return measured.ToDictionary(pair => pair.Key, IReadOnlyList<Measurement> (pair) => pair.Value);
    }

    public static async Task<Measurement> Round(Side side, Workload work, Terms terms, int round, CancellationToken cancel)
    {
        Tally tally;
        CpuTimes used;
        await side.Start(cancel);
        try
        {
            (tally, used) = await Play(side, work, terms, round, cancel);
        }
        finally
        {
            await side.Stop();
        }

        return Measurement.Of(tally, used, await side.Audit(work.Acknowledged));
    }

    private static async Task<(Tally Tally, CpuTimes Used)> Play(Side side, Workload work, Terms terms, int round, CancellationToken cancel)
    {
        using var generator = new Generator(side.Port, terms.Connections);
        var stage = new Stage(generator, terms, new Random(terms.Seed + round), new KeyMaker($"bench-{terms.Seed}-{round}"), cancel);
        Progress.Say($"Warming up {side.Name}.");
        await work.Prepare(stage);
        await side.Settle(cancel);
        GC.Collect();

        Progress.Say($"Measuring {side.Name}.");

        var before = side.Cpu();
        var tally = await work.Measure(stage);
        await side.Settle(cancel);
        return (tally, side.Cpu() - before);
    }

    public static string Line(Measurement one)
    {
        var errors = one.Errors.Count == 0 ? "" : $", errors {string.Join(' ', one.Errors.Select(error => $"{error.Key}:{error.Value}"))} ({Short(one.FirstError)})";
        var refused = one.Refused == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {one.Refused} refused");
        return string.Create(CultureInfo.InvariantCulture,
            $"{one.PerSecond,8:N0}/s, p50 {one.P50:N1} p99 {one.P99:N1} ms, CPU-µs {one.Cpu.Application:N0} app + {one.Cpu.Postgres:N0} PostgreSQL + {one.Cpu.Broker:N0} broker (generator {one.Cpu.Generator:N0}){refused}{errors}; audit {(one.Audit.Ok ? "clean" : "NOT CLEAN")}: {one.Audit.Said}");
    }

    private static string Short(string? text) => text is { Length: > 300 } ? text[..300] : text ?? "";
}
