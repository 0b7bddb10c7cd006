namespace Orleans.Streams.RabbitMQ;

/// <summary>A publish that RabbitMQ did not confirm. It carries no address and no stack of the broker's client, and crosses silos.</summary>
[GenerateSerializer, Alias("orleans.streams.rabbitmq.publish-exception")]
public sealed class RabbitMqPublishException : Exception
{
    /// <summary>For serializers.</summary>
    public RabbitMqPublishException()
    {
    }

    /// <summary>A refusal: nothing was stored.</summary>
    /// <param name="message">Why.</param>
    public RabbitMqPublishException(string message) : base(message)
    {
    }

    /// <summary>A refusal with its cause.</summary>
    /// <param name="message">Why.</param>
    /// <param name="innerException">The cause.</param>
    public RabbitMqPublishException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>A publish whose fate may be unknown.</summary>
    /// <param name="message">Why.</param>
    /// <param name="outcomeUnknown">Whether the events may have been stored all the same.</param>
    public RabbitMqPublishException(string message, bool outcomeUnknown) : base(message) => OutcomeUnknown = outcomeUnknown;

    /// <summary>True: the events may be stored; publishing them again may deliver them twice. False: they are not stored.</summary>
    [Id(0)]
    public bool OutcomeUnknown { get; private set; }
}
