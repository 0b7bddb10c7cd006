using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Tests.Relay;

/// <summary>A fake clock that tells when somebody has gone to sleep, so that a test moves it only then.</summary>
internal sealed class WatchedClock() : FakeTimeProvider(new DateTimeOffset(2010, 12, 1, 8, 0, 0, TimeSpan.Zero))
{
    private readonly Channel<TimeSpan> _sleeps = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _sleeps.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>The length of the next sleep somebody began.</summary>
    public ValueTask<TimeSpan> NextSleep() => _sleeps.Reader.ReadAsync(TestContext.Current.CancellationToken);
}
