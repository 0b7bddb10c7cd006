using System.Globalization;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench;

/// <summary>What was asked of <c>commerce bench</c>.</summary>
/// <param name="Sides"><c>both</c>, <c>ours</c> or <c>yardstick</c>.</param>
/// <param name="Many">Whether the rows at 256 connections are measured, too.</param>
internal sealed record BenchPlan(IReadOnlyList<string> Ids, Terms Terms, string Sides, bool Relay, Spread Spread, bool Many, int Port);

/// <summary>Runs scenarios one after another on one pair of servers.</summary>
internal static class BenchRun
{
    public static async Task<IReadOnlyList<ScenarioResult>> Run(BenchPlan plan, CancellationToken cancel)
    {
        Progress.Say("Starting PostgreSQL and RabbitMQ in a folder of their own.");
        await using var lab = await Lab.Start(cancel);
        var bench = new Workbench(lab, plan);
        var results = new List<ScenarioResult>();
        foreach (var id in plan.Ids)
        {
            results.Add(await Scenario.All.Single(scenario => scenario.Id == id).Run(bench, cancel));
            foreach (var line in Lines(results[^1])) Progress.Say(line);
        }

        return results;
    }

    /// <summary>Loads a side with sessions and pages, for a generator that is not ours.</summary>
    public static async Task WarmUp(Side side, TimeSpan? length, CancellationToken cancel)
    {
        var terms = new Terms(Rounds: 1, TimeSpan.Zero, length, Connections: 64, Seed: 1);
        using var generator = new Generator(side.Port, terms.Connections);
        var stage = new Stage(generator, terms, new Random(terms.Seed), new KeyMaker("bench-warm-up"), cancel);
        await new Sessions(Skus.Uniform).Prepare(stage);
        await new Pages(Skus.Uniform).Prepare(stage);
        await side.Settle(cancel);
    }

    public static IEnumerable<string> Lines(ScenarioResult result)
    {
        var ratio = result.Ratio is { } r ? string.Create(CultureInfo.InvariantCulture, $"{r.Median:N2} × ({r.Min:N2} to {r.Max:N2})") : result.Audit ? "" : "does not count: an audit was not clean";
        yield return $"{result.Id} at {result.Connections} connections: {ratio}, goal {result.Goal}{(result.Met is { } met ? met ? ", met" : ", NOT met" : "")}. {result.Name}";
        if (result.Ours is { } ours) yield return $"   ours      {Line(ours)}";
        if (result.Yardstick is { } yardstick) yield return $"   yardstick {Line(yardstick)}";
        foreach (var (name, figure) in result.Figures ?? new Dictionary<string, object>()) yield return string.Create(CultureInfo.InvariantCulture, $"   {name}: {figure}");
        foreach (var line in (result.Beside ?? []).SelectMany(Lines)) yield return line;
    }

    private static string Line(SideResult side) => string.Create(CultureInfo.InvariantCulture,
        $"{side.PerSecond?.Median ?? 0,8:N0}/s, p50 {side.P50?.Median ?? 0:N1} p99 {side.P99?.Median ?? 0:N1} ms, CPU-µs {side.Cpu.Total:N0} = {side.Cpu.Application:N0} app + {side.Cpu.Postgres:N0} PostgreSQL + {side.Cpu.Broker:N0} broker{(side.Errors.Count == 0 ? "" : $", errors {string.Join(' ', side.Errors.Select(error => $"{error.Key}:{error.Value}"))}")}");
}
