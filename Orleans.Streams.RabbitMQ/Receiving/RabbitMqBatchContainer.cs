using Orleans.Providers.Streams.Common;
using Orleans.Serialization;

namespace Orleans.Streams.RabbitMQ.Receiving;

/// <summary>
/// One call of <c>OnNextAsync</c> on its way to consumers. The events stay bytes until a consumer asks for them, so the silo that reads a
/// queue needs none of the event types, and every subscription gets objects of its own.
/// </summary>
[GenerateSerializer, Alias("orleans.streams.rabbitmq.batch"), SerializationCallbacks(typeof(OnDeserializedCallbacks))]
internal sealed class RabbitMqBatchContainer : IBatchContainer, IOnDeserialized
{
    [NonSerialized]
    private Serializer _serializer;

    public RabbitMqBatchContainer(StreamId streamId, EventSequenceTokenV2 token, ReadOnlyMemory<byte> context, ReadOnlyMemory<byte> events, string? traceParent, Serializer serializer) =>
        (StreamId, Token, Context, Events, TraceParent, _serializer) = (streamId, token, context, events, traceParent, serializer);

    [Id(0)]
    public StreamId StreamId { get; private set; }

    [Id(1)]
    public EventSequenceTokenV2 Token { get; private set; }

    [Id(2)]
    public ReadOnlyMemory<byte> Context { get; private set; }

    [Id(3)]
    public ReadOnlyMemory<byte> Events { get; private set; }

    /// <summary>The producer's activity; the delivery is its child.</summary>
    [Id(4)]
    public string? TraceParent { get; private set; }

    /// <summary>The message the batch came in. Only where it was read.</summary>
    [field: NonSerialized]
    public MessageInHand? Origin { get; set; }

    /// <summary>The last failed delivery. Only where it was read.</summary>
    [field: NonSerialized]
    public FailedDelivery? Failure { get; set; }

    /// <summary>Stored among the dead letters. Only where it was read.</summary>
    [field: NonSerialized]
    public bool IsDead { get; set; }

    /// <summary>A client it was for is gone, and its subscription with it. Only where it was read.</summary>
    [field: NonSerialized]
    public bool IsOrphan { get; set; }

    public StreamSequenceToken SequenceToken => Token;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        var events = _serializer.Deserialize<object[]>(Events)!;
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i] is T e)
                yield return Tuple.Create<T, StreamSequenceToken>(e, Token.CreateSequenceTokenForEvent(i));
        }
    }

    public bool ImportRequestContext()
    {
        if (Context.IsEmpty)
            return false;
        RequestContextExtensions.Import(_serializer.Deserialize<Dictionary<string, object>>(Context)!);
        return true;
    }

    public override string ToString() => $"{StreamId} {Token}";

    void IOnDeserialized.OnDeserialized(DeserializationContext context) =>
        _serializer = (Serializer)context.ServiceProvider.GetService(typeof(Serializer))!;
}

/// <summary>A delivery a consumer refused: what was in it and why.</summary>
internal sealed record FailedDelivery(string Error, IReadOnlyList<RabbitMqBatchContainer> Batches);
