using System.Globalization;
using System.Text;

namespace Commerce.BenchReport;

/// <summary>The report as Markdown: one table of all rows, then each row with its picture and what else it found.</summary>
internal static class Report
{
    public static string Of(Bench bench)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {bench.Command}\n\n{bench.Machine}; {bench.At:yyyy-MM-dd HH:mm} UTC. Rates and latencies are the middle one of the rounds; a ratio compares the two rounds of a pair.\n\n");
        text.Append("| | connections | ratio (spread) | goal | met | ours/s | yardstick/s | ours p50, p99 ms | ours CPU-µs: app + PostgreSQL + broker | yardstick CPU-µs | audit |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var (row, _) in bench.Rows)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Id} | {row.Connections} | {Ratio(row)} | {row.Goal} | {Met(row)} | {Number(row.Ours?.PerSecond)} | {Number(row.Yardstick?.PerSecond)} | {Latency(row.Ours)} | {Cost(row.Ours)} | {Cost(row.Yardstick)} | {(row.Audit ? "clean" : "NOT clean")} |\n");
        }

        foreach (var (row, picture) in bench.Rows) Section(text, row, picture);
        return text.ToString();
    }

    private static void Section(StringBuilder text, Scenario row, string picture)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {row.Id} at {row.Connections} connections\n{row.Name}.\n");
        if (row.Compares) text.Append(CultureInfo.InvariantCulture, $"\n![{row.Id}]({picture})\n");
        if (row.Sides.Any()) text.Append('\n');
        foreach (var (name, side) in row.Sides)
        {
            text.Append(CultureInfo.InvariantCulture, $"* {name}: {side.Topology}. Rounds: {string.Join(", ", side.Rounds.Select(rate => rate.ToString("N0", CultureInfo.InvariantCulture)))} per second. Errors: {(side.Errors.Count == 0 ? "none" : string.Join(", ", side.Errors.Select(error => $"{error.Value} × {error.Key}")))}.\n");
        }

        if (row.Figures is not { Count: > 0 } figures) return;
        text.Append("\n| figure | |\n|---|---|\n");
        foreach (var (name, value) in figures) text.Append(CultureInfo.InvariantCulture, $"| {name} | {value} |\n");
    }

    private static string Ratio(Scenario row) => row.Ratio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:N2} × ({ratio.Min:N2} to {ratio.Max:N2})") : "";

    private static string Met(Scenario row) => row.Met switch { true => "yes", false => "no", null => "" };

    private static string Number(Figure? figure) => figure?.Median.ToString("N0", CultureInfo.InvariantCulture) ?? "";

    private static string Latency(Side? side) => side is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{side.P50?.Median ?? 0:N1}, {side.P99?.Median ?? 0:N1}");

    private static string Cost(Side? side) => side is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{side.Cpu.Application:N0} + {side.Cpu.Postgres:N0} + {side.Cpu.Broker:N0}");
}
