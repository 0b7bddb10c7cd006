using System.Text;
using Commerce.Kernel;

namespace Commerce.Silo.Tests.Journal;

/// <summary>Writes one stream's appends, each deciding on the one before, as a grain does that has several in flight.</summary>
public sealed class Script(StreamName stream)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static int _ids;

    private Guid _last;
    private long _version;

    /// <summary>The next append.</summary>
    public Append Append(string? key = null, int events = 1, DateTimeOffset? due = null)
    {
        var append = Peek(key, events, due);
        (_last, _version) = (append.Events[^1].Id, _version + events);
        return append;
    }

    /// <summary>The next append, without going on from it.</summary>
    public Append Peek(string? key = null, int events = 1, DateTimeOffset? due = null) => new(
        stream, _last, _version,
        // An escape that not every reader of JSON takes.
        [.. Enumerable.Range(1, events).Select(i => new NewEvent(NextId(), "stock.adjusted.v1", Encoding.UTF8.GetBytes($$"""{"delta":{{i}},"reason":"te\u0000st"}""")))],
        key is null ? CommandKey.None : new CommandKey(key, $"digest of {key}"), Noon, Noon, due, new Envelope("system", null, null));

    private static Guid NextId() => new(Interlocked.Increment(ref _ids), 1, 1, [0, 0, 0, 0, 0, 0, 0, 1]);
}
