using System.Globalization;

namespace Commerce.Cli.Replay;

/// <summary>A time in which the shop answered nothing it had done.</summary>
/// <param name="From">Since when.</param>
/// <param name="Seconds">How long.</param>
internal sealed record Silence(DateTimeOffset From, double Seconds);

/// <summary>
/// What a client noticed of restarts and failovers: the longest times between two acknowledged answers while it always had something to ask.
/// </summary>
internal sealed class Silences(TimeProvider time)
{
    /// <summary>Shorter ones are a busy shop, not an absent one.</summary>
    internal static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);

    private const int Most = 5;

    private readonly Lock _gate = new();
    private readonly List<Silence> _longest = [];
    private DateTimeOffset? _last;

    /// <summary>The longest, longest first.</summary>
    public IReadOnlyList<Silence> Longest
    {
        get
        {
            lock (_gate) return [.. _longest];
        }
    }

    /// <summary>An answer came.</summary>
    public void Answered()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_last is { } last && now - last >= Shortest) Keep(new Silence(last, Math.Round((now - last).TotalSeconds, 3)));
            _last = now;
        }
    }

    public override string ToString() => Longest is { Count: > 0 } found
        ? "Longest times without an answer: " + string.Join(", ", found.Select(silence => string.Create(CultureInfo.InvariantCulture, $"{silence.Seconds:0.00} s at {silence.From:HH:mm:ss} UTC"))) + "."
        : string.Create(CultureInfo.InvariantCulture, $"Never without an answer for {Shortest.TotalSeconds:0.0} s.");

    private void Keep(Silence silence)
    {
        _longest.Add(silence);
        _longest.Sort(static (a, b) => b.Seconds.CompareTo(a.Seconds));
        if (_longest.Count > Most) _longest.RemoveAt(Most);
    }
}
