using System.Diagnostics;
using Commerce.Cli.Bench;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Tests.Bench;

public sealed class ScenarioTests
{
    [Fact]
    public void Every_scenario_has_a_name_of_its_own() => Scenario.All.Select(scenario => scenario.Id).ShouldBeUnique();

    [Fact]
    public void A_head_has_lagged_until_it_is_seen_applied()
    {
        var (lags, never) = Heads.LagsOf([(Ms(0), 10), (Ms(100), 20), (Ms(200), 30)], [(Ms(0), 0), (Ms(50), 10), (Ms(250), 25)]);

        (lags.Count, never).ShouldBe((2, 1));
        lags.Percentile(0.5).ShouldBe(50, 1);
        lags.Percentile(1).ShouldBe(150, 3);
    }

    [Fact]
    public void A_shop_that_never_noticed_has_no_gap() => SiloKilled.SecondsTo90Percent([.. Enumerable.Repeat(100, 60)], killedAt: 20).ShouldBe(0);

    [Fact]
    public void A_gap_lasts_until_a_whole_second_has_nine_tenths_of_the_rate() =>
        SiloKilled.SecondsTo90Percent([.. Enumerable.Repeat(100, 20), .. Enumerable.Repeat(0, 15), .. Enumerable.Repeat(95, 25)], killedAt: 20).ShouldBe(1.5);

    [Fact]
    public void A_shop_that_stays_slow_has_not_come_back() =>
        SiloKilled.SecondsTo90Percent([.. Enumerable.Repeat(100, 20), .. Enumerable.Repeat(60, 40)], killedAt: 20).ShouldBeNull();

    [Theory]
    [InlineData(11, 28, true)]
    [InlineData(12, 28, false)]
    [InlineData(10, 32, false)]
    public void A_stopped_broker_may_cost_a_tenth_at_the_median_and_half_at_the_99th(int p50, int p99, bool ok)
    {
        var rounds = new[] { (true, Round(10, 20)), (false, Round(p50, p99)) };

        BrokerBench.ResultOf(100, rounds, new RoundAudit(true, "")).Ok.ShouldBe(ok);
        BrokerBench.ResultOf(100, rounds, new RoundAudit(false, "")).Ok.ShouldBeFalse();
    }

    [Theory]
    [InlineData("S1", 64, 3)]
    [InlineData("S2", 64, 2)]
    [InlineData("S2", 256, 2.5)]
    [InlineData("S3", 256, 8)]
    public void A_goal_is_that_of_the_number_of_connections(string id, int connections, double goal) =>
        Compared.All.Single(scenario => scenario.Id == id).GoalAt(connections).ShouldBe(goal);

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    public void A_scenario_fails_with_the_row_beside_it(bool met, bool audit, bool failed)
    {
        var beside = new ScenarioResult("S2", "", 256, null, "", met, audit);

        new ScenarioResult("S2", "", 64, null, "", true, true, Beside: [beside]).Failed.ShouldBe(failed);
    }

    [Fact]
    public void Refusals_are_counted_from_when_all_was_sold()
    {
        var tally = new Tally { Elapsed = TimeSpan.FromSeconds(1.5), Refused = 1_000 };
        tally.Course.AddRange([100, 100, 100, 100, 50]);
        tally.Refusals.AddRange([0, 0, 10, 40, 50, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90]);

        FlashSale.RefusalsPerSecondOf(tally).ShouldBe(900);
    }

    private static Tally Round(int p50, int p99)
    {
        var tally = new Tally();
        for (var i = 0; i < 98; i++) tally.Latencies.Add(p50 * 1_000);
        for (var i = 0; i < 2; i++) tally.Latencies.Add(p99 * 1_000);
        return tally;
    }

    private static long Ms(int milliseconds) => milliseconds * Stopwatch.Frequency / 1_000;
}
