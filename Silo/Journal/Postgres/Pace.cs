namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// The shortest time from the beginning of one transaction to that of the next. What a transaction costs hardly depends on how much is in it: with many callers,
/// what comes within a few milliseconds travels together. Who comes after a longer silence does not wait at all.
/// </summary>
/// <param name="time">The machine's own clock, not the shop's: one set forward makes no transaction cheaper.</param>
internal sealed class Pace(TimeProvider time)
{
    /// <summary>A small part of what a step of a checkout takes. Whoever writes without a break begins 250 transactions a second, and no more.</summary>
    internal static readonly TimeSpan Least = TimeSpan.FromMilliseconds(4);

    private long? _begun;

    /// <summary>Ends when the next may begin, which begins then. One caller at a time.</summary>
    public async Task Next()
    {
        // Timers count whole milliseconds.
        if (_begun is { } begun && Least - time.GetElapsedTime(begun) is { TotalMilliseconds: >= 1 } rest) await Task.Delay(rest, time).ConfigureAwait(false);
        _begun = time.GetTimestamp();
    }
}
