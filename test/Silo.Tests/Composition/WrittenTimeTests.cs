using Commerce.ServiceDefaults;

namespace Commerce.Silo.Tests.Composition;

public sealed class WrittenTimeTests
{
    [Theory]
    [InlineData("00:30", 1_800)]
    [InlineData("00:00:10", 10)]
    [InlineData("23:59:59", 86_399)]
    [InlineData("00:00:00.500", 0.5)]
    [InlineData("1.00:00:00", 86_400)]
    [InlineData("365.00:00", 365 * 86_400)]
    public void A_time_has_hours_and_minutes_and_may_have_days_and_seconds(string text, double seconds)
    {
        WrittenTime.TryParse(text, out var time).ShouldBeTrue();
        time.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("24:00:00")]
    [InlineData("24:00")]
    [InlineData("1:24:00:00")]
    [InlineData("1.24:00:00")]
    [InlineData("00:60:00")]
    [InlineData("10")]
    [InlineData("soon")]
    [InlineData("")]
    [InlineData(null)]
    public void What_could_be_meant_otherwise_is_no_time(string? text) => WrittenTime.TryParse(text, out _).ShouldBeFalse();
}
