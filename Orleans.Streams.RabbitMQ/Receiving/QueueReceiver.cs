using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;
using Orleans.Serialization;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Diagnostics;

namespace Orleans.Streams.RabbitMQ.Receiving;

/// <summary>
/// Reads one queue for its pulling agent. A message is acknowledged when all its batches are settled — delivered to every consumer, or
/// dead letters — and never before. Runs on the agent's scheduler only, so it has no locks.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Orleans ends a receiver by Shutdown; a source without timer or handle holds nothing to dispose.")]
internal sealed class QueueReceiver(
    string provider, string name, IBrokerQueue queue, Func<Task> release, RabbitMqStreamOptions options, Serializer serializer, TimeProvider time,
    StreamMetrics metrics, ILogger log) : IQueueAdapterReceiver
{
    private readonly Dictionary<string, MessageInHand> _inHand = [];
    private readonly Queue<RabbitMqBatchContainer> _ready = new();
    private readonly Dictionary<long, RabbitMqBatchContainer> _handedOut = [];
    private readonly List<IncomingMessage> _toAcknowledge = [];
    private readonly SettledIds _settled = new(4096);
    private readonly CancellationTokenSource _stop = new();
    // A clock, not a counter from zero: tokens of the queue's next owner are then later than ours, also across silos.
    private long _sequence = time.GetUtcNow().UtcTicks;

    private bool _unreadable;
    // The agent's for its reads: it ends when the agent begins to stop, before that gives up what it delivers and waits for us.
    private CancellationToken _agent;

    /// <summary>Messages read and not acknowledged yet.</summary>
    public int InHand => _inHand.Count;

    // Connecting waits for the first read: an agent calls this once and ignores its failure.
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        _agent = cancellationToken;
        await AcknowledgeSettled(cancellationToken);
        if (_ready.Count == 0 && !_stop.IsCancellationRequested)
        {
            try
            {
                // With messages in hand the agent must come back soon: their acknowledgement waits for its next round.
                var wait = _inHand.Count == 0 ? options.ReceiveWait : TimeSpan.Zero;
                foreach (var message in await queue.Take(wait, cancellationToken))
                    await Accept(message);
                _unreadable = false;
            }
            catch (BrokerUnavailableException e)
            {
                // An exception would only make the agent log and back off; the next read connects again.
                // An agent reads a hundred times a second: what goes wrong is said when it begins to.
                if (!_unreadable) Log.ReadFailed(log, provider, name, e.Message);
                _unreadable = true;
            }
        }

        var batches = new List<IBatchContainer>();
        while ((maxCount < 0 || batches.Count < maxCount) && _ready.TryDequeue(out var batch))
        {
            _handedOut.Add(batch.Token.SequenceNumber, batch);
            batches.Add(batch);
        }

        return batches;
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => MessagesDeliveredAsync(messages, CancellationToken.None);

    public async Task MessagesDeliveredAsync(IList<IBatchContainer> messages, CancellationToken cancellationToken)
    {
        Settle(messages);
        await AcknowledgeSettled(cancellationToken);
    }

    /// <summary>Notes that batches have reached all their consumers; the acknowledgement follows at the next occasion.</summary>
    public void Settle(IEnumerable<IBatchContainer> batches)
    {
        foreach (var batch in batches.OfType<RabbitMqBatchContainer>())
        {
            if (!_handedOut.Remove(batch.Token.SequenceNumber) || batch.Origin is not { } message)
                continue;
            metrics.Delivered();
            if (message.Settle())
                Done(message);
        }
    }

    /// <summary>Stores what a consumer would not take, trying until it is stored or the agent stops; either way nothing is lost.</summary>
    public async Task DeadLetter(long sequence, string subscription)
    {
        if (!_handedOut.TryGetValue(sequence, out var first) || !options.Has(Cure.DeadLetter))
            return;
        // An agent that stops gives a delivery up at its first failure: the queue's next reader tries it for the whole of its time.
        if (_agent.IsCancellationRequested)
            return;
        var failure = first.Failure ?? new FailedDelivery("unknown", [first]);
        foreach (var batch in failure.Batches)
        {
            var frame = Frame.Message([Frame.Batch(batch.StreamId, batch.TraceParent, batch.Context.Span, batch.Events.Span)]);
            var note = new DeathNote("not-delivered", batch.StreamId.ToString(), subscription, failure.Error);
            await StoreDead(new OutgoingMessage($"{batch.Origin?.Id}/{batch.Token.SequenceNumber}/{subscription}", frame, note));
            batch.IsDead = true;
        }
    }

    public async Task Shutdown(TimeSpan timeout)
    {
        await _stop.CancelAsync();
        using var limit = new CancellationTokenSource(timeout, time);
        try
        {
            await AcknowledgeSettled(limit.Token);
            await release().WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The broker takes back what a vanished consumer held; closing politely was only faster.
        }

        _ready.Clear();
        _inHand.Clear();
        _handedOut.Clear();
    }

    private async Task Accept(IncomingMessage message)
    {
        if (message.SentAt is { } sent)
            metrics.Read(time.GetUtcNow() - sent);
        var knows = options.Has(Cure.KnowRepeats);
        if (knows && _settled.Contains(message.Id))
        {
            metrics.Repeated();
            _toAcknowledge.Add(message);
        }
        else if (knows && _inHand.TryGetValue(message.Id, out var known))
        {
            metrics.Repeated();
            known.Copies.Add(message);
        }
        else
        {
            await Open(message);
        }
    }

    private async Task Open(IncomingMessage message)
    {
        var batches = new List<RabbitMqBatchContainer>();
        try
        {
            foreach (var batch in Frame.Open(message.Body))
            {
                var (stream, trace, context, events) = Frame.OpenBatch(batch);
                batches.Add(new RabbitMqBatchContainer(stream, new EventSequenceTokenV2(++_sequence), context, events, trace, serializer));
            }
        }
        catch (FormatException e)
        {
            await StoreDead(new OutgoingMessage(message.Id, message.Body, new DeathNote("unreadable", "", "", $"{e.GetType().Name}: {e.Message}")));
            _toAcknowledge.Add(message);
            return;
        }

        var inHand = new MessageInHand(message, batches.Count);
        if (batches.Count == 0)
        {
            Done(inHand);
            return;
        }

        if (!options.Has(Cure.AcknowledgeLast))
            await queue.Acknowledge(message, _stop.Token);
        _inHand[message.Id] = inHand;
        foreach (var batch in batches)
        {
            batch.Origin = inHand;
            _ready.Enqueue(batch);
        }
    }

    private void Done(MessageInHand message)
    {
        _inHand.Remove(message.Id);
        _settled.Add(message.Id);
        _toAcknowledge.AddRange(message.Copies);
    }

    private async Task AcknowledgeSettled(CancellationToken cancellationToken)
    {
        if (_toAcknowledge.Count == 0)
            return;
        var messages = _toAcknowledge.ToArray();
        _toAcknowledge.Clear();
        for (var i = 0; i < messages.Length; i++)
        {
            try
            {
                // False means that its channel is gone: the broker hands the message in again, and its id is known here.
                await queue.Acknowledge(messages[i], cancellationToken);
            }
            catch (Exception e)
            {
                _toAcknowledge.AddRange(messages[i..]);
                Log.ReadFailed(log, provider, name, e.Message);
                return;
            }
        }
    }

    private async Task StoreDead(OutgoingMessage letter)
    {
        while (!_agent.IsCancellationRequested)
        {
            try
            {
                await queue.Publish(letter, _agent);
                metrics.Died();
                Log.Died(log, provider, letter.Death!.Stream, letter.Death.Reason, letter.Death.Error);
                return;
            }
            catch (OperationCanceledException) when (_agent.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is BrokerUnavailableException or RabbitMqPublishException)
            {
                Log.DeadLetterFailed(log, provider, name, e.Message);
                await Task.Delay(options.ReconnectDelay, time, _agent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }

        throw new OperationCanceledException("The queue moved on before the dead letter was stored; its events are delivered again.");
    }
}
