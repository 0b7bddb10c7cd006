using Commerce.Cli.Replay;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Cli.Tests.Replay;

public sealed class SilencesTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public void The_longest_are_kept_and_busy_moments_are_none()
    {
        var silences = new Silences(_time);
        foreach (var seconds in new[] { 0, 0.2, 1, 7, 0.4, 3, 2 }) After(silences, seconds);

        silences.Longest.Select(silence => silence.Seconds).ShouldBe([7, 3, 2, 1]);
        silences.Longest[0].From.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 6, 200, TimeSpan.Zero));
        silences.Lines.First().ShouldBe("Longest times without an answer: 7.00 s at 03:04:06 UTC, 3.00 s at 03:04:13 UTC, 2.00 s at 03:04:16 UTC, 1.00 s at 03:04:05 UTC.");

        for (var more = 0; more < 20; more++) After(silences, 1.5);
        silences.Longest.Count.ShouldBe(10);
        silences.Longest.ShouldNotContain(silence => silence.Seconds == 1);
    }

    [Fact]
    public void A_request_that_waits_while_others_are_answered_is_seen_and_of_those_that_wait_together_the_longest()
    {
        var silences = new Silences(_time);
        for (var tenths = 0; tenths < 40; tenths++) After(silences, 0.1, waited: 0.05);
        silences.Answered(TimeSpan.FromSeconds(2));
        silences.Answered(TimeSpan.FromSeconds(3));
        silences.Answered(TimeSpan.FromSeconds(1));
        After(silences, 3, waited: 0.9);

        silences.Waits.Select(wait => wait.Seconds).ShouldBe([3, 0.9]);
        silences.Longest.Select(silence => silence.Seconds).ShouldBe([3]);
        silences.Repeat();
        silences.Lines.TakeLast(2).ShouldBe(["Longest waits of one request: 3.00 s at 03:04:06 UTC, 0.90 s at 03:04:11 UTC.", "One request had to be repeated."]);
    }

    [Fact]
    public void Waiting_for_the_first_answer_is_not_a_silence_of_a_shop_that_was_there()
    {
        var silences = new Silences(_time);
        After(silences, 9);
        silences.Longest.ShouldBeEmpty();
        silences.Lines.ShouldBe(["Never without an answer for 0.5 s.", "No request waited for 0.5 s.", "No request had to be repeated."]);
    }

    private void After(Silences silences, double seconds, double waited = 0)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        silences.Answered(TimeSpan.FromSeconds(waited));
    }
}
