using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orleans.Streams.RabbitMQ.Diagnostics;

/// <summary>Counters and histograms of one provider, tagged with its name. The meter and the activity source are <c>Orleans.Streams.RabbitMQ</c>.</summary>
internal sealed class StreamMetrics
{
    public const string Name = "Orleans.Streams.RabbitMQ";

    /// <summary>Activities <c>publish</c> and <c>deliver</c>; the second is the first's child, across the broker.</summary>
    public static readonly ActivitySource Activities = new(Name);

    private readonly KeyValuePair<string, object?> _provider;
    private readonly Counter<long> _published, _confirmed, _returned, _delivered, _dead, _reconnects, _repeats;
    private readonly Histogram<double> _lag;
    private readonly Histogram<int> _batches;

    public StreamMetrics(IMeterFactory meters, string provider)
    {
        _provider = new("provider", provider);
        var meter = meters.Create(Name);
        _published = meter.CreateCounter<long>("rabbitmq_streams.published", "{batch}", "Batches handed in for publishing.");
        _confirmed = meter.CreateCounter<long>("rabbitmq_streams.confirmed", "{batch}", "Batches the broker confirmed.");
        _returned = meter.CreateCounter<long>("rabbitmq_streams.returned", "{message}", "Messages returned as unroutable.");
        _delivered = meter.CreateCounter<long>("rabbitmq_streams.delivered", "{batch}", "Batches delivered to all their consumers.");
        _dead = meter.CreateCounter<long>("rabbitmq_streams.dead", "{batch}", "Batches that became dead letters.");
        _reconnects = meter.CreateCounter<long>("rabbitmq_streams.reconnects", "{connection}", "Connections opened after the first.");
        _repeats = meter.CreateCounter<long>("rabbitmq_streams.repeats", "{message}", "Messages recognised as a repeat and not delivered again.");
        _lag = meter.CreateHistogram<double>("rabbitmq_streams.lag", "s", "Age of a message when it is read.");
        _batches = meter.CreateHistogram<int>("rabbitmq_streams.batch_size", "{batch}", "Batches in one message.");
    }

    public void Published() => _published.Add(1, _provider);

    public void Confirmed(int batches) => _confirmed.Add(batches, _provider);

    public void Returned() => _returned.Add(1, _provider);

    public void Delivered() => _delivered.Add(1, _provider);

    public void Died() => _dead.Add(1, _provider);

    public void Reconnected() => _reconnects.Add(1, _provider);

    public void Repeated() => _repeats.Add(1, _provider);

    public void Sent(int batches) => _batches.Record(batches, _provider);

    public void Read(TimeSpan age) => _lag.Record(Math.Max(0, age.TotalSeconds), _provider);
}
