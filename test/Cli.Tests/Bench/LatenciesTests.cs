using Commerce.Cli.Bench.Load;
using CsCheck;

namespace Commerce.Cli.Tests.Bench;

public sealed class LatenciesTests
{
    [Fact]
    public void A_percentile_is_right_to_a_64th() => Gen.Long[0, 500_000_000].Array[1, 400].Sample(values =>
    {
        var latencies = new Latencies();
        foreach (var value in values) latencies.Add(value);
        var sorted = values.Order().ToArray();
        foreach (var part in new[] { 0.5, 0.99, 1.0 })
        {
            var exact = sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
            (latencies.Percentile(part) * 1000).ShouldBeInRange(exact - 0.5, (exact * 65.0 / 64) + 1);
        }
    });

    [Fact]
    public void Nothing_took_no_time() => new Latencies().Percentile(0.99).ShouldBe(0);

    [Fact]
    public void What_took_for_ever_is_in_the_last_bucket()
    {
        var latencies = new Latencies();
        latencies.Add(long.MaxValue);
        latencies.Percentile(0.5).ShouldBeGreaterThan(1_000_000);
    }
}
