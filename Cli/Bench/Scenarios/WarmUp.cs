namespace Commerce.Cli.Bench.Scenarios;

/// <summary>
/// Whether a side has been under load for long enough to be measured. How long its first calls compile depends on the side and on the machine, so without a
/// time that was asked for it goes on until looks in a row find it no faster, for a minute at most.
/// </summary>
internal sealed class WarmUp(TimeSpan? asked)
{
    /// <summary>Between two looks: long enough that a session of the slowest side fits in several times.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(4);

    /// <summary>What nobody waits beyond.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>Looks in a row, and what counts as faster.</summary>
    private const int Steady = 2;

    private const double Faster = 1.05;

    private TimeSpan _loaded, _looked;
    private long _done;
    private double _best;
    private int _noFaster;

    /// <summary>Whether there is more to wait for.</summary>
    public bool GoesOn => asked is { } length ? _loaded < length : _loaded < Longest && _noFaster < Steady;

    /// <summary>How long the next stretch of load is.</summary>
    public TimeSpan Next => asked is { } length && length - _loaded < Look ? length - _loaded : Look;

    /// <summary>Takes in a stretch of load: how many things were done in how long.</summary>
    public void Saw(long done, TimeSpan elapsed)
    {
        (_loaded, _done) = (_loaded + elapsed, _done + done);
        if (_loaded - _looked < Look) return;
        var rate = _done / (_loaded - _looked).TotalSeconds;
        _noFaster = rate > _best * Faster ? 0 : _noFaster + 1;
        (_looked, _done, _best) = (_loaded, 0, Math.Max(_best, rate));
    }
}
