using Commerce.Kernel;

namespace Commerce.Silo.Deadlines;

/// <summary>
/// Streams that were woken and are still due for the same instant: each waits 1 s, and twice as long after every wake for nothing, up to 60 s. In
/// memory only: a restart tries them all at once, which does no harm.
/// </summary>
internal sealed class Backoff
{
    internal static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly record struct Wait(DateTimeOffset DueAt, DateTimeOffset Until, TimeSpan Length);

    private readonly Dictionary<StreamName, Wait> _waits = [];

    public int Count => _waits.Count;

    /// <summary>When the next of them may be woken again; null when there are none.</summary>
    public DateTimeOffset? Earliest => _waits.Count == 0 ? null : _waits.Values.Min(wait => wait.Until);

    /// <summary>A stream with another deadline than the one it was woken for has moved on: it is not held back.</summary>
    public bool HoldsBack(DueStream due, DateTimeOffset now) =>
        _waits.TryGetValue(due.Stream, out var wait) && wait.DueAt == due.DueAt && wait.Until > now;

    public void Woken(DueStream due, bool didSomething, DateTimeOffset now)
    {
        var length = !didSomething && _waits.TryGetValue(due.Stream, out var before) && before.DueAt == due.DueAt ? before.Length * 2 : Shortest;
        if (length > Longest) length = Longest;
        _waits[due.Stream] = new Wait(due.DueAt, now + length, length);
    }

    /// <summary>Forgets whoever is due no longer.</summary>
    public void KeepOnly(IReadOnlyList<DueStream> due)
    {
        if (_waits.Count == 0) return;
        var still = due.ToDictionary(stream => stream.Stream, stream => stream.DueAt);
        foreach (var (stream, wait) in _waits.ToArray())
            if (!still.TryGetValue(stream, out var dueAt) || dueAt != wait.DueAt) _waits.Remove(stream);
    }
}
