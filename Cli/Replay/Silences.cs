using System.Globalization;

namespace Commerce.Cli.Replay;

/// <summary>A time a client had to wait.</summary>
/// <param name="From">Since when.</param>
/// <param name="Seconds">How long.</param>
internal sealed record Silence(DateTimeOffset From, double Seconds)
{
    public DateTimeOffset Until => From.AddSeconds(Seconds);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds:0.00} s at {From:HH:mm:ss} UTC");
}

/// <summary>
/// What a client noticed of restarts and failovers, while it always had something to ask: the longest times between two acknowledged answers, whoever asked,
/// the longest times one request took until its answer, and how often one had to be repeated.
/// </summary>
internal sealed class Silences(TimeProvider time)
{
    /// <summary>Shorter ones are a busy shop, not an absent one.</summary>
    internal static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);

    private const int Most = 10;

    private readonly Lock _gate = new();
    private readonly List<Silence> _longest = [], _waits = [];
    private DateTimeOffset? _last;
    private int _repeated;

    /// <summary>How many answers were none: refused for the moment, or lost on their way.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    /// <summary>Without any answer, longest first.</summary>
    public IReadOnlyList<Silence> Longest
    {
        get
        {
            lock (_gate) return [.. _longest];
        }
    }

    /// <summary>For one answer, longest first; of requests that waited at the same time the longest.</summary>
    public IReadOnlyList<Silence> Waits
    {
        get
        {
            lock (_gate) return [.. _waits];
        }
    }

    /// <summary>What is printed.</summary>
    public IEnumerable<string> Lines =>
    [
        Longest is { Count: > 0 } silent ? $"Longest times without an answer: {string.Join(", ", silent)}." : $"Never without an answer for {Least} s.",
        Waits is { Count: > 0 } waits ? $"Longest waits of one request: {string.Join(", ", waits)}." : $"No request waited for {Least} s.",
        Repeated switch { 0 => "No request had to be repeated.", 1 => "One request had to be repeated.", var many => $"{many} requests had to be repeated." },
    ];

    private static string Least => Shortest.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>An answer came, to somebody who had waited for it.</summary>
    public void Answered(TimeSpan waited)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_last is { } last) Keep(_longest, last, now);
            Keep(_waits, now - waited, now);
            _last = now;
        }
    }

    /// <summary>A request comes again, under the same key.</summary>
    public void Repeat() => Interlocked.Increment(ref _repeated);

    private static void Keep(List<Silence> kept, DateTimeOffset from, DateTimeOffset until)
    {
        if (until - from < Shortest) return;
        var silence = new Silence(from, Math.Round((until - from).TotalSeconds, 3));
        var same = kept.Where(other => other.From < silence.Until && silence.From < other.Until).ToList();
        if (same.Exists(other => other.Seconds >= silence.Seconds)) return;
        kept.RemoveAll(same.Contains);
        kept.Add(silence);
        kept.Sort(static (a, b) => b.Seconds.CompareTo(a.Seconds));
        if (kept.Count > Most) kept.RemoveAt(Most);
    }
}
