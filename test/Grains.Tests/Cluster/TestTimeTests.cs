using Commerce.Kit.Cluster;

namespace Commerce.Grains.Tests.Cluster;

/// <summary>The tests' clock: it stands still for a test, and not for a loop that waits for its last half millisecond.</summary>
public sealed class TestTimeTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly TestTime _time = new(Start);

    [Fact]
    public void It_stands_still_and_moves_when_it_is_told()
    {
        for (var i = 0; i < 1_000; i++) _time.GetUtcNow().ShouldBe(Start);
        var before = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(2));
        _time.GetUtcNow().ShouldBe(Start.AddSeconds(2));
        _time.GetElapsedTime(before).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_loop_that_waits_for_less_than_a_millisecond_comes_to_its_end(bool byTimestamp)
    {
        var (due, began) = (TimeSpan.FromMilliseconds(0.5), _time.GetTimestamp());
        await Task.Run(Loop, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _time.GetUtcNow().ShouldBe(Start.AddMilliseconds(1), "nothing of it stays when the clock is moved");

        async Task Loop()
        {
            while (Gone() < due) await Task.Delay(due - Gone(), _time, TestContext.Current.CancellationToken);
        }

        TimeSpan Gone() => byTimestamp ? _time.GetElapsedTime(began) : _time.GetUtcNow() - Start;
    }
}
