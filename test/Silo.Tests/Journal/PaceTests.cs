using Commerce.Silo.Journal.Postgres;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Silo.Tests.Journal;

public sealed class PaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_first_begins_at_once_and_so_does_who_comes_after_a_silence()
    {
        var pace = new Pace(_time);

        pace.Next().IsCompletedSuccessfully.ShouldBeTrue();
        _time.Advance(Pace.Least);
        pace.Next().IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_follows_closely_waits_until_the_pace_is_kept()
    {
        var pace = new Pace(_time);
        await pace.Next();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var second = pace.Next();

        second.IsCompleted.ShouldBeFalse();
        _time.Advance(Pace.Least - TimeSpan.FromMilliseconds(1));
        await second;
        pace.Next().IsCompleted.ShouldBeFalse();
    }
}
