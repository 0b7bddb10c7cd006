using Microsoft.Extensions.Time.Testing;

namespace Commerce.Kit.Cluster;

/// <summary>
/// A clock that moves when the test says so, except for one who reads it over and over. Orleans waits for a moment with <c>while (now &lt; due) await Task.Delay(due - now)</c>, and a delay of less
/// than a millisecond ends at once: with the clock standing that close before the moment it would turn in circles for ever, and the test would hang with it. Whoever has read the same
/// time <see cref="MostReads"/> times finds it a millisecond on.
/// </summary>
public sealed class TestTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>Far more than any test reads the clock between two moves: a second of nothing but reading.</summary>
    public const int MostReads = 1_000_000;

    private readonly Lock _lock = new();
    private long _last;
    private int _reads;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        var now = base.GetUtcNow();
        return now + Ahead(now.Ticks);
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        var now = base.GetTimestamp();
        return now + Ahead(now).Ticks * TimestampFrequency / TimeSpan.TicksPerSecond;
    }

    private TimeSpan Ahead(long now)
    {
        lock (_lock)
        {
            if (now != _last) (_last, _reads) = (now, 0);
            return ++_reads > MostReads ? TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
        }
    }
}
