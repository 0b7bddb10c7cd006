using System.Diagnostics.CodeAnalysis;
using Orleans.Streams.RabbitMQ.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>One queue on RabbitMQ: a channel for publishing and one for consuming, each opened when needed and again after a fault.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Channels end with their connection; a semaphore without wait handle holds nothing to dispose.")]
internal sealed class BrokerQueue(
    uint number, BrokerLink publishing, BrokerLink consuming, Topology topology, RabbitMqStreamOptions options, TimeProvider time, StreamMetrics metrics)
    : IBrokerQueue
{
    private readonly CreateChannelOptions _confirming = new(options.Has(Cure.Confirm), options.Has(Cure.Confirm));
    // Between attempts to become the queue's consumer: the queue may be there and the broker refuse it all the same.
    private readonly Backoff _backoff = new(options, time);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly HashSet<Task> _unconfirmed = [];
    private PublishChannel? _publish;
    private Subscription? _subscription;
    private long _subscriptions;
    private string _lastError = "";

    public string Name => topology.QueueName(number);

    public async Task Publish(OutgoingMessage message, CancellationToken cancellationToken)
    {
        PublishChannel used;
        Task confirm;
        // Calls leave in the order they came: the turn is held until the bytes are handed to the channel, not until they are confirmed.
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // A blocked broker reads nothing: what waits here was certainly not sent.
            if (options.Has(Cure.WaitWhileBlocked))
                await publishing.Unblocked.WaitAsync(cancellationToken);
            used = await OpenPublishChannel(cancellationToken);
            confirm = Send(used.Channel, message);
            lock (_unconfirmed)
                _unconfirmed.Add(confirm);
        }
        finally
        {
            _turn.Release();
        }

        try
        {
            await Confirmed(used, confirm, cancellationToken);
        }
        finally
        {
            lock (_unconfirmed)
                _unconfirmed.Remove(confirm);
        }
    }

    public async Task<IReadOnlyList<IncomingMessage>> Take(TimeSpan wait, CancellationToken cancellationToken)
    {
        var subscription = await Subscribe(cancellationToken);
        var messages = new List<IncomingMessage>();
        if (!subscription.Arrived.Reader.TryPeek(out _) && wait > TimeSpan.Zero)
        {
            subscription.Waiting ??= subscription.Arrived.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await Task.WhenAny(subscription.Waiting, Task.Delay(wait, time, cancellationToken));
            if (subscription.Waiting.IsCompleted)
                subscription.Waiting = null;
        }

        while (subscription.Arrived.Reader.TryRead(out var message))
            messages.Add(message);
        return messages;
    }

    public async Task<bool> Acknowledge(IncomingMessage message, CancellationToken cancellationToken)
    {
        if (_subscription is not { } subscription || subscription.Number != message.Generation || !subscription.Channel.IsOpen)
            return false;
        try
        {
            await subscription.Channel.BasicAckAsync(message.Tag, multiple: false, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is AlreadyClosedException or OperationInterruptedException or IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Stops consuming: what was not acknowledged goes back to the queue, in its old place.</summary>
    public async Task Release()
    {
        if (Interlocked.Exchange(ref _subscription, null) is { } subscription)
            await Close(subscription.Channel);
    }

    private async Task Confirmed(PublishChannel used, Task confirm, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var blockings = publishing.Blockings;
                try
                {
                    await confirm.WaitAsync(options.ConfirmTimeout, time, cancellationToken);
                    return;
                }
                catch (TimeoutException) when (options.Has(Cure.WaitWhileBlocked) && (!publishing.Unblocked.IsCompleted || publishing.Blockings != blockings))
                {
                    // The broker is blocked, or was a moment ago: the clock of a dead connection starts again when it is not.
                    await publishing.Unblocked.WaitAsync(cancellationToken);
                }
            }
        }
        catch (PublishException e) when (e.IsReturn)
        {
            metrics.Returned();
            publishing.Redeclare();
            throw new RabbitMqPublishException("The broker returned the events: no queue is bound for them. It is declared again for the next publish.");
        }
        catch (PublishException) when (options.MaxQueueBytes > 0)
        {
            throw new RabbitMqPublishException("The broker refused the events: the queue is full or failed.", outcomeUnknown: true);
        }
        catch (PublishException e)
        {
            // A queue without a limit of ours is never full: it has no leader at the moment, or an operator's policy refuses, and both end.
            // The broker keeps what it knows of a queue per channel and may go on refusing on the old one.
            used.Refused = true;
            throw new BrokerUnavailableException("The broker refused the events: the queue has no leader.", e);
        }
        catch (TimeoutException e)
        {
            publishing.Discard(used.Generation);
            throw new BrokerUnavailableException("No confirm in time.", e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The exchange may have been deleted under us; that closes the channel.
            if (used.Channel.CloseReason is { ReplyCode: Constants.NotFound })
                publishing.Redeclare();
            throw new BrokerUnavailableException(e.Message, e);
        }
    }

    private async Task Send(IChannel channel, OutgoingMessage message)
    {
        var properties = new BasicProperties
        {
            MessageId = message.Id,
            DeliveryMode = DeliveryModes.Persistent,
            ContentType = "application/x-orleans-stream",
            Headers = new Dictionary<string, object?> { ["x-sent"] = time.GetUtcNow().ToUnixTimeMilliseconds() },
        };
        if (message.Death is { } death)
        {
            properties.Headers["x-reason"] = death.Reason;
            properties.Headers["x-stream"] = death.Stream;
            properties.Headers["x-subscription"] = death.Subscription;
            properties.Headers["x-error"] = death.Error;
            properties.Headers["x-queue"] = Name;
        }

        var exchange = message.Death is null ? topology.Exchange : topology.DeadExchange;
        await channel.BasicPublishAsync(exchange, Name, options.Has(Cure.Mandatory), properties, message.Body);
    }

    private async Task<PublishChannel> OpenPublishChannel(CancellationToken cancellationToken)
    {
        var generation = await publishing.Connect(cancellationToken);
        if (_publish is { Channel.IsOpen: true, Refused: false } open && open.Generation == generation)
            return open;

        // A renewed connection or channel: what is on its way over the old one is confirmed first, or the broker could see the order turned round.
        Task[] unconfirmed;
        lock (_unconfirmed)
            unconfirmed = [.. _unconfirmed];
        await Task.WhenAll(unconfirmed).WaitAsync(options.ConfirmTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_publish is { } old)
            await Close(old.Channel);
        try
        {
            return _publish = new PublishChannel(generation, await generation.Connection.CreateChannelAsync(_confirming, cancellationToken));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrokerUnavailableException(e.Message, e);
        }
    }

    private async ValueTask<Subscription> Subscribe(CancellationToken cancellationToken)
    {
        var generation = await consuming.Connect(cancellationToken);
        if (_subscription is { Channel.IsOpen: true, Consumer.IsCancelled: false } current && current.Generation == generation)
            return current;

        await Release();
        if (_backoff.IsOn)
            throw new BrokerUnavailableException(_lastError);
        IChannel? channel = null;
        try
        {
            channel = await generation.Connection.CreateChannelAsync(cancellationToken: cancellationToken);
            await channel.BasicQosAsync(0, options.Prefetch, global: false, cancellationToken);
            var consumer = new QueueConsumer(channel, ++_subscriptions);
            await channel.BasicConsumeAsync(Name, autoAck: false, "", noLocal: false, exclusive: false, arguments: null, consumer, cancellationToken);
            // Who has given up may have released the queue already.
            cancellationToken.ThrowIfCancellationRequested();
            _backoff.Succeeded();
            return _subscription = new Subscription(_subscriptions, generation, channel, consumer);
        }
        catch (Exception e)
        {
            // A consumer the broker registers after we gave up would be the queue's single active one, and read by nobody.
            if (channel is not null)
                _ = Close(channel);
            if (cancellationToken.IsCancellationRequested)
                throw;
            // The queue may have been deleted under us.
            consuming.Redeclare();
            _backoff.Failed();
            throw new BrokerUnavailableException(_lastError = e.Message, e);
        }
    }

    private static async Task Close(IChannel channel)
    {
        try
        {
            await channel.DisposeAsync();
        }
        catch (Exception)
        {
            // A channel whose connection is gone has nothing left to close.
        }
    }

    private sealed record PublishChannel(Generation Generation, IChannel Channel)
    {
        /// <summary>The broker refused a message on it; the next publish opens another.</summary>
        public bool Refused { get; set; }
    }
}
