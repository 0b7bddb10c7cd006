using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Commerce.Kit.Telemetry;

/// <summary>What one instrument measures while this lives, in whichever part of the process; a test tells its own by their tags.</summary>
public sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(double Value, KeyValuePair<string, object?>[] Tags)> _all = new();

    /// <param name="instrument">Its name: <c>commerce.outbox.depth</c>.</param>
    /// <param name="scope">The meters of one host only: its <see cref="IMeterFactory"/>.</param>
    public Measured(string instrument, object? scope = null)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Name == instrument && (scope is null || published.Meter.Scope == scope)) listener.EnableMeasurementEvents(published);
        };
        _listener.SetMeasurementEventCallback<int>((_, value, tags, _) => _all.Enqueue((value, tags.ToArray())));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => _all.Enqueue((value, tags.ToArray())));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => _all.Enqueue((value, tags.ToArray())));
        _listener.Start();
    }

    /// <summary>All that was measured so far with this tag.</summary>
    public IReadOnlyList<double> With(string tag, object? value) => With((tag, value));

    /// <summary>All that was measured so far with all of these tags.</summary>
    public IReadOnlyList<double> With(params (string Tag, object? Value)[] tags) =>
        [.. _all.Where(one => tags.All(tag => one.Tags.Contains(new(tag.Tag, tag.Value)))).Select(one => one.Value)];

    /// <summary>What a gauge shows now.</summary>
    public IReadOnlyList<double> Now(string? tag = null, object? value = null)
    {
        _all.Clear();
        _listener.RecordObservableInstruments();
        return tag is null ? [.. _all.Select(one => one.Value)] : With(tag, value);
    }

    public void Dispose() => _listener.Dispose();
}
