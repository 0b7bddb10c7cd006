using System.Text.Json.Serialization;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>One side over all rounds.</summary>
internal sealed record SideResult(
    string Topology, Figure? PerSecond, Figure? P50, Figure? P99, CpuPerOperation Cpu, IReadOnlyDictionary<int, long> Errors, long Refused, IReadOnlyList<double> Rounds)
{
    public static SideResult Of(Side side, IReadOnlyList<Measurement> rounds) => new(
        side.Topology,
        Figure.Of([.. rounds.Select(round => round.Counted)]),
        Figure.Of([.. rounds.Select(round => (double?)round.P50)]),
        Figure.Of([.. rounds.Select(round => (double?)round.P99)]),
        new CpuPerOperation(
            Median(rounds, cpu => cpu.Application), Median(rounds, cpu => cpu.Postgres), Median(rounds, cpu => cpu.Broker), Median(rounds, cpu => cpu.Generator)),
        new SortedDictionary<int, long>(rounds.SelectMany(round => round.Errors).GroupBy(error => error.Key).ToDictionary(group => group.Key, group => group.Sum(error => error.Value))),
        rounds.Sum(round => round.Refused),
        [.. rounds.Select(round => Math.Round(round.PerSecond, 1))]);

    private static double Median(IReadOnlyList<Measurement> rounds, Func<CpuPerOperation, double> part) => Figure.Of([.. rounds.Select(round => (double?)part(round.Cpu))])?.Median ?? 0;
}

/// <summary>What a scenario came to.</summary>
/// <param name="Ratio">Ours to the yardstick; null when a round's audit was not clean, or there is no yardstick for it.</param>
/// <param name="Goal">What it should reach, in words.</param>
/// <param name="Met">Whether it does; null when it is reported only.</param>
/// <param name="Audit">Whether every round ended with a clean audit.</param>
/// <param name="Figures">What is measured beside rates.</param>
/// <param name="Beside">The same at another number of connections.</param>
internal sealed record ScenarioResult(
    string Id, string Name, int Connections, Figure? Ratio, string Goal, bool? Met, bool Audit, SideResult? Ours = null, SideResult? Yardstick = null,
    IReadOnlyDictionary<string, object>? Figures = null, IReadOnlyList<ScenarioResult>? Beside = null)
{
    /// <summary>What is wrong, if anything.</summary>
    [JsonIgnore]
    public bool Failed => !Audit || Met is false || Beside?.Any(other => other.Failed) is true;
}
