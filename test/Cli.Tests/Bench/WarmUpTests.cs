using Commerce.Cli.Bench.Scenarios;

namespace Commerce.Cli.Tests.Bench;

public sealed class WarmUpTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    [InlineData(30, 30)]
    public void A_length_that_was_asked_for_is_kept(int asked, int seconds) => Played(new WarmUp(TimeSpan.FromSeconds(asked)), _ => 100).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Without_one_it_goes_on_while_the_side_gets_faster_and_two_looks_more() =>
        Played(new WarmUp(null), look => Math.Min(look, 5) * 100).ShouldBe(7 * WarmUp.Look);

    [Fact]
    public void A_look_that_is_slower_than_the_one_before_does_not_end_it() =>
        Played(new WarmUp(null), look => look is 2 ? 50 : Math.Min(look, 5) * 100).ShouldBe(7 * WarmUp.Look);

    [Fact]
    public void Nobody_waits_longer_than_a_minute() => Played(new WarmUp(null), look => look * 1_000).ShouldBe(WarmUp.Longest);

    [Fact]
    public void Short_stretches_are_looked_at_together()
    {
        var warmUp = new WarmUp(null);

        for (var i = 0; i < 4 * WarmUp.Look.TotalSeconds; i++) warmUp.Saw(i % 2 == 0 ? 1_000 : 10, TimeSpan.FromSeconds(1));

        warmUp.GoesOn.ShouldBeFalse();
    }

    private static TimeSpan Played(WarmUp warmUp, Func<int, long> rate)
    {
        var all = TimeSpan.Zero;
        for (var look = 1; warmUp.GoesOn; look++)
        {
            var length = warmUp.Next;
            warmUp.Saw((long)(rate(look) * length.TotalSeconds), length);
            all += length;
        }

        return all;
    }
}
