using Commerce.Analytics.Queries;

namespace Commerce.Tests.Queries;

public sealed class PeriodTests
{
    [Theory]
    [InlineData("2010-12-01", "2011-01-01", "2010-12-01T00:00:00Z", "2011-01-01T00:00:00Z")]
    [InlineData("2010-12-01T09:30:00Z", "2010-12-01T09:31:00Z", "2010-12-01T09:30:00Z", "2010-12-01T09:31:00Z")]
    [InlineData("2010-12-01T00:00:00+02:00", "2010-12-01", "2010-11-30T22:00:00Z", "2010-12-01T00:00:00Z")]
    public void A_period_is_two_dates_or_instants(string from, string to, string first, string end)
    {
        var period = Period.Minutes(from, to);
        period.From.ShouldBe(Happenings.At(first).UtcDateTime);
        period.To.ShouldBe(Happenings.At(end).UtcDateTime);
    }

    [Theory]
    [InlineData(null, "2011-01-01", "from")]
    [InlineData("2010-12-01", "", "to")]
    [InlineData("yesterday", "2011-01-01", "from")]
    [InlineData("2010-13-01", "2011-01-01", "from")]
    [InlineData("01/12/2010", "2011-01-01", "from")]
    [InlineData("2010-12-01T09:30:00", "2011-01-01", "from")]
    [InlineData("2010-12-01T09:30:01Z", "2011-01-01", "from")]
    [InlineData("2010-12-01", "2010-12-01", "to")]
    [InlineData("2011-01-01", "2010-12-01", "to")]
    public void Anything_else_is_named_with_its_cure(string? from, string? to, string parameter) =>
        Should.Throw<BadQuestion>(() => Period.Minutes(from, to)).Parameter.ShouldBe(parameter);

    [Fact]
    public void Figures_per_day_want_whole_days() =>
        Should.Throw<BadQuestion>(() => Period.Days("2010-12-01", "2010-12-02T09:30:00Z")).Parameter.ShouldBe("to");

    [Fact]
    public void Limits_and_choices_are_checked()
    {
        Parameters.Limit(null, unlessGiven: 10).ShouldBe(10);
        Parameters.Limit("1000", unlessGiven: 10).ShouldBe(1_000);
        foreach (var wrong in (string[])["0", "-1", "1001", "ten", "1e3"]) Should.Throw<BadQuestion>(() => Parameters.Limit(wrong, 10));
        Parameters.OneOf("by", null, "revenue", "units").ShouldBe("revenue");
        Should.Throw<BadQuestion>(() => Parameters.OneOf("by", "profit", "revenue", "units")).Message.ShouldContain("revenue, units");
    }
}
