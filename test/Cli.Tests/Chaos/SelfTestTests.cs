using Commerce.Cli.Chaos;
using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Output;

namespace Commerce.Cli.Tests.Chaos;

/// <summary>How long a broken build suffers before its checker has missed it.</summary>
public sealed class SelfTestTests
{
    [Fact]
    public void What_is_caught_suffers_no_more() => Suffered([false, false, true, true], caughtAfter: 2).ShouldBe(2);

    [Fact]
    public void A_fault_that_did_not_break_the_promise_shows_nothing_of_the_checker() => Suffered([false, false, false, true, false, true, true]).ShouldBe(6);

    [Fact]
    public void It_ends_when_no_fault_is_left() => Suffered([false, true, false]).ShouldBe(3);

    [Fact]
    public void A_promise_nobody_takes_away_is_named() => Should.Throw<UsageException>(() => SelfTest.Chosen("fences")).Message.ShouldContain("fence, cursor-last");

    // A fault breaks the promise while it happens, not when it is planned.
    private static int Suffered(bool[] breaks, int caughtAfter = int.MaxValue)
    {
        var suffered = 0;
        foreach (var fault in SelfTest.Until(() => suffered >= caughtAfter, breaks.Select(hits => new Moment(hits))))
        {
            ((Moment)fault).Happen();
            suffered++;
        }

        return suffered;
    }

    private sealed record Moment(bool Hits) : Fault("moment", TimeSpan.Zero)
    {
        private bool _hit;

        public override string What => "a moment";

        public override bool Hit => _hit;

        public void Happen() => _hit = Hits;

        public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => Task.FromResult(1L);

        public override Task Inject(Scene scene, CancellationToken cancel) => Task.CompletedTask;
    }
}
