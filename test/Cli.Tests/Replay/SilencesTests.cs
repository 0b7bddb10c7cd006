using Commerce.Cli.Replay;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Cli.Tests.Replay;

public sealed class SilencesTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public void The_five_longest_are_kept_and_busy_moments_are_none()
    {
        var silences = new Silences(_time);
        foreach (var seconds in new[] { 0, 0.2, 1, 7, 0.4, 3, 2, 5, 4 })
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            silences.Answered();
        }

        silences.Longest.Select(silence => silence.Seconds).ShouldBe([7, 5, 4, 3, 2]);
        silences.Longest[0].From.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 6, 200, TimeSpan.Zero));
        silences.ToString().ShouldBe("Longest times without an answer: 7.00 s at 03:04:06 UTC, 5.00 s at 03:04:18 UTC, 4.00 s at 03:04:23 UTC, 3.00 s at 03:04:13 UTC, 2.00 s at 03:04:16 UTC.");
    }

    [Fact]
    public void Waiting_for_the_first_answer_is_not_a_silence_of_a_shop_that_was_there()
    {
        var silences = new Silences(_time);
        _time.Advance(TimeSpan.FromSeconds(9));
        silences.Answered();
        silences.Longest.ShouldBeEmpty();
        silences.ToString().ShouldBe("Never without an answer for 0.5 s.");
    }
}
