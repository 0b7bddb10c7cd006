namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>
/// All that coalescer and receiver know of a broker: one queue, three methods. Whatever a connection is, and which generation of it serves,
/// stays behind this seam, so that both are tested without a broker.
/// </summary>
internal interface IBrokerQueue
{
    /// <summary>Sends a message and waits until the broker holds it. Calls are sent in the order they are made.</summary>
    /// <exception cref="BrokerUnavailableException">The connection failed; the message may be stored. Send it again under the same id.</exception>
    /// <exception cref="RabbitMqPublishException">The broker refused or returned it; it is not stored.</exception>
    Task Publish(OutgoingMessage message, CancellationToken cancellationToken);

    /// <summary>Gives what has arrived; with nothing there it waits that long for the first message. Messages not acknowledged come again.</summary>
    /// <exception cref="BrokerUnavailableException">There is no connection now.</exception>
    Task<IReadOnlyList<IncomingMessage>> Take(TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Tells the broker to forget a message. False: not told, its connection is gone; the message comes again, with its id.</summary>
    Task<bool> Acknowledge(IncomingMessage message, CancellationToken cancellationToken);
}

/// <summary>A message to be stored.</summary>
/// <param name="Id">Stays the same when the message is sent again: the receiver recognises a repeat by it.</param>
/// <param name="Body">A frame of batches.</param>
/// <param name="Death">Set: the message goes to the dead letters, with these facts as headers.</param>
internal sealed record OutgoingMessage(string Id, ReadOnlyMemory<byte> Body, DeathNote? Death = null);

/// <summary>Why an event is a dead letter.</summary>
internal sealed record DeathNote(string Reason, string Stream, string Subscription, string Error);

/// <summary>A message as it arrived. <paramref name="Generation"/> and <paramref name="Tag"/> name it to the channel it came from.</summary>
internal sealed record IncomingMessage(string Id, ReadOnlyMemory<byte> Body, long Generation, ulong Tag, DateTimeOffset? SentAt = null);

/// <summary>There is no working connection to the broker. Never leaves the library.</summary>
internal sealed class BrokerUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
