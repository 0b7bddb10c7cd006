using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Tests.Bench;

public sealed class FigureTests
{
    [Fact]
    public void The_middle_of_an_odd_number_is_one_of_them() => Figure.Of([3, 1, 2]).ShouldBe(new Figure(2, 1, 3));

    [Fact]
    public void The_middle_of_an_even_number_lies_between_two() => Figure.Of([4, 1, 2, 3]).ShouldBe(new Figure(2.5, 1, 4));

    [Fact]
    public void A_ratio_compares_rounds_that_stood_beside_each_other() =>
        Figure.Ratio([200, 100, 900], [100, 100, 300]).ShouldBe(new Figure(2, 1, 3));

    [Fact]
    public void A_round_that_does_not_count_leaves_no_ratio() => Figure.Ratio([200, null], [100, 100]).ShouldBeNull();

    [Fact]
    public void Nothing_measured_is_no_figure() => Figure.Of([]).ShouldBeNull();

    [Fact]
    public void A_rate_counts_after_a_clean_audit() => Round(audit: true).Counted.ShouldBe(500);

    [Fact]
    public void A_rate_without_a_clean_audit_does_not_count()
    {
        var broken = Round(audit: false);
        broken.Counted.ShouldBeNull();
        Comparison.Line(broken).ShouldContain("NOT CLEAN: I2 is broken");
    }

    [Fact]
    public void A_scenario_with_one_broken_audit_fails() =>
        new ScenarioResult("S1", "", 64, null, "", Met: null, Audit: false).Failed.ShouldBeTrue();

    [Fact]
    public void A_scenario_that_misses_its_goal_fails() =>
        new ScenarioResult("S1", "", 64, new Figure(1, 1, 1), "", Met: false, Audit: true).Failed.ShouldBeTrue();

    [Fact]
    public void Processor_time_is_shared_among_what_was_done() =>
        CpuPerOperation.Of(new CpuTimes(1, 2, 0.5, 4), 1_000).ShouldBe(new CpuPerOperation(1_000, 2_000, 500, 4_000));

    private static Measurement Round(bool audit)
    {
        var tally = new Tally { Done = 1_000, Acknowledged = 1_000, Elapsed = TimeSpan.FromSeconds(2) };
        return Measurement.Of(tally, default, new RoundAudit(audit, audit ? "all holds" : "I2 is broken"));
    }
}
