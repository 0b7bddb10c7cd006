using System.Text.Json;

namespace Commerce.BenchReport;

/// <summary>What <c>commerce bench --json</c> says, and how it was asked.</summary>
internal sealed record Bench(string Command, string Machine, DateTimeOffset At, IReadOnlyList<Scenario> Scenarios)
{
    /// <summary>Every row that was measured, those beside a scenario's first among them, and the name of its picture: its place, since rows may differ in anything.</summary>
    public IEnumerable<(Scenario Row, string Picture)> Rows => Scenarios.SelectMany(scenario => scenario.AndBeside.Select((row, i) => (row, $"{row.Id}-{i + 1}.png")));
}

/// <summary>The middle one of several rounds, and how far apart they lie.</summary>
internal sealed record Figure(double Median, double Min, double Max);

/// <summary>Microseconds of processor time per operation.</summary>
internal sealed record Cpu(double Application, double Postgres, double Broker);

/// <summary>One side of a scenario over all its rounds; latencies in milliseconds.</summary>
internal sealed record Side(string Topology, Figure? PerSecond, Figure? P50, Figure? P99, Cpu Cpu, IReadOnlyDictionary<string, long> Errors, IReadOnlyList<double> Rounds);

/// <summary>One row of what was measured.</summary>
internal sealed record Scenario(
    string Id, string Name, int Connections, Figure? Ratio, string Goal, bool? Met, bool Audit, Side? Ours, Side? Yardstick,
    IReadOnlyDictionary<string, JsonElement>? Figures, IReadOnlyList<Scenario>? Beside)
{
    /// <summary>Whether there is a rate of either side to draw.</summary>
    public bool Compares => Ours?.PerSecond is not null || Yardstick?.PerSecond is not null;

    /// <summary>The sides that were measured, by name.</summary>
    public IEnumerable<(string Name, Side Side)> Sides => new[] { ("ours", Ours), ("yardstick", Yardstick) }.Where(side => side.Item2 is not null).Select(side => (side.Item1, side.Item2!));

    /// <summary>The row itself, then those beside it.</summary>
    public IEnumerable<Scenario> AndBeside => [this, .. (Beside ?? []).SelectMany(other => other.AndBeside)];
}
