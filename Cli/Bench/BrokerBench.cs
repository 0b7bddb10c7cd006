using System.Globalization;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench;

/// <summary>Latencies of checkouts in milliseconds over the rounds of one kind.</summary>
internal sealed record BrokerSide(Figure P50, Figure P99, long Orders, IReadOnlyDictionary<int, long> Errors);

/// <summary>What <c>bench broker</c> found.</summary>
internal sealed record BrokerResult(double PerSecond, BrokerSide Running, BrokerSide Stopped, double P50Ratio, double P99Ratio, bool Audit, string AuditSaid)
{
    /// <summary>A broker that is away may cost a checkout this much: a tenth at the median, half as much again for the slowest.</summary>
    public const double P50Bound = 1.10, P99Bound = 1.5;

    public bool Ok => Audit && P50Ratio <= P50Bound && P99Ratio <= P99Bound && Running.Errors.Count == 0 && Stopped.Errors.Count == 0;

    public IEnumerable<string> Lines =>
    [
        Line("broker running", Running), Line("broker stopped", Stopped),
        string.Create(CultureInfo.InvariantCulture, $"stopped to running: p50 {P50Ratio:N2} × (≤ {P50Bound:N2}), p99 {P99Ratio:N2} × (≤ {P99Bound:N1}): {(Ok ? "met" : "NOT met")}. Audit: {AuditSaid}"),
    ];

    private string Line(string name, BrokerSide side) => string.Create(CultureInfo.InvariantCulture,
        $"{name}, {PerSecond:N0} checkouts/s: p50 {side.P50.Median:N1} ms ({side.P50.Min:N1} to {side.P50.Max:N1}), p99 {side.P99.Median:N1} ms ({side.P99.Min:N1} to {side.P99.Max:N1}); {side.Orders} orders{(side.Errors.Count == 0 ? "" : $", errors {string.Join(' ', side.Errors.Select(error => $"{error.Key}:{error.Value}"))}")}");
}

/// <summary>
/// Checkouts while the broker runs and while it is stopped, in turn, on one shop. They come by a time-table at half of what the shop can take: at full load a stopped
/// broker would make checkouts faster, by the processor time it leaves to them.
/// </summary>
internal static class BrokerBench
{
    public static async Task<BrokerResult> Run(OurSide side, Lab lab, Terms terms, CancellationToken cancel)
    {
        await side.Seed(cancel);
        await side.Start(cancel);
        var rounds = new List<(bool Broker, Tally Tally)>();
        var work = new Checkouts(Skus.Uniform.Basket);
        double rate;
        try
        {
            using var generator = new Generator(side.Port, terms.Connections);
            var stage = new Stage(generator, terms, new Random(terms.Seed), new KeyMaker($"bench-{terms.Seed}-broker"), cancel);
            await work.Prepare(stage);
            rate = work.Rate / 2;
            for (var round = 1; round <= terms.Rounds; round++)
            {
                foreach (var runs in round % 2 == 1 ? new[] { true, false } : [false, true])
                {
                    await lab.SetBroker(runs, cancel);
                    await work.Fill(stage, (int)(rate * terms.Duration.TotalSeconds) + terms.Connections);
                    // What had piled up without a broker is published before its next round is measured.
                    if (runs) await side.Settle(cancel);
                    var tally = await work.CheckOut(stage, new Pace(terms.Duration, rate));
                    rounds.Add((runs, tally));
                    Progress.Say(string.Create(CultureInfo.InvariantCulture, $"round {round} of {terms.Rounds}, broker {(runs ? "running" : "stopped")}: {tally.PerSecond:N0}/s, p50 {tally.Latencies.Percentile(0.5):N1} p99 {tally.Latencies.Percentile(0.99):N1} ms{(tally.Errors.Count > 0 ? $", errors: {tally.FirstError}" : "")}"));
                }
            }

            await lab.SetBroker(true, cancel);
            await side.Settle(cancel);
        }
        finally
        {
            await side.Stop();
        }

        return ResultOf(rate, rounds, await side.Audit(work.Acknowledged));
    }

    internal static BrokerResult ResultOf(double rate, IReadOnlyList<(bool Broker, Tally Tally)> rounds, RoundAudit audit)
    {
        var (running, stopped) = (Of(rounds.Where(round => round.Broker)), Of(rounds.Where(round => !round.Broker)));
        return new BrokerResult(rate, running, stopped, stopped.P50.Median / running.P50.Median, stopped.P99.Median / running.P99.Median, audit.Ok, audit.Said);
    }

    private static BrokerSide Of(IEnumerable<(bool Broker, Tally Tally)> rounds)
    {
        var tallies = rounds.Select(round => round.Tally).ToArray();
        return new BrokerSide(
            Figure.Of([.. tallies.Select(tally => (double?)tally.Latencies.Percentile(0.5))])!, Figure.Of([.. tallies.Select(tally => (double?)tally.Latencies.Percentile(0.99))])!,
            tallies.Sum(tally => tally.Done), tallies.SelectMany(tally => tally.Errors).GroupBy(error => error.Key).ToDictionary(group => group.Key, group => group.Sum(error => error.Value)));
    }
}
