using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Commerce.Silo.Relay;

/// <summary>What a relay has still to publish, as a measurement for as long as it runs. Depth = head − cursor, never less than nothing.</summary>
internal sealed class Outbox : IDisposable
{
    private static readonly Meter Meter = new("Commerce.Relay");
    private static readonly ConcurrentDictionary<Outbox, KeyValuePair<string, object?>> Open = [];

    private long _head, _cursor;

    static Outbox() => Meter.CreateObservableGauge(
        "commerce.outbox.depth", static () => Open.Select(outbox => new Measurement<long>(outbox.Key.Depth, outbox.Value)), "{event}",
        "Events of a service's journal that its relay has not published; measured where the relay runs.");

    public Outbox(string service) => Open[this] = new("service", service);

    public long Depth => Math.Max(0, Volatile.Read(ref _head) - Volatile.Read(ref _cursor));

    /// <summary>Everything up to here is published.</summary>
    public void Published(long cursor) => Volatile.Write(ref _cursor, cursor);

    /// <summary>The journal ends here.</summary>
    public void Ends(long head) => Volatile.Write(ref _head, head);

    public void Dispose() => Open.TryRemove(this, out _);
}
