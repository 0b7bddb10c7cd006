using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>How it is measured.</summary>
/// <param name="Duration">Of one measured run.</param>
/// <param name="WarmUp">Load before it, on the same processes: what the first calls compile is not what is measured. Null: until a side is no longer getting faster.</param>
internal sealed record Terms(int Rounds, TimeSpan Duration, TimeSpan? WarmUp, int Connections, int Seed)
{
    public Terms At(int connections) => this with { Connections = connections };
}

/// <summary>Processor time per counted thing in microseconds, until all that followed from it was done.</summary>
internal sealed record CpuPerOperation(double Application, double Postgres, double Broker, double Generator)
{
    /// <summary>Of the side alone: the generator is not part of a shop.</summary>
    public double Total => Application + Postgres + Broker;

    public static CpuPerOperation Of(CpuTimes used, long operations)
    {
        var micros = operations == 0 ? 0 : 1_000_000.0 / operations;
        return new(used.Application * micros, used.Postgres * micros, used.Broker * micros, used.Generator * micros);
    }
}

/// <summary>What one round of one side measured.</summary>
internal sealed record Measurement(
    double PerSecond, double P50, double P99, long Done, long Refused, IReadOnlyDictionary<int, long> Errors, string? FirstError, CpuPerOperation Cpu, RoundAudit Audit)
{
    /// <summary>The rate, if it counts: without a clean audit there is none.</summary>
    public double? Counted => Audit.Ok && Done > 0 ? PerSecond : null;

    public static Measurement Of(Tally tally, CpuTimes used, RoundAudit audit) => new(
        tally.PerSecond, tally.Latencies.Percentile(0.5), tally.Latencies.Percentile(0.99), tally.Done, tally.Refused, tally.Errors, tally.FirstError,
        CpuPerOperation.Of(used, tally.Acknowledged + tally.Refused), audit);
}
