using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Diagnostics;

namespace Orleans.Streams.RabbitMQ.Publishing;

/// <summary>
/// Publishes one queue's batches in the order they are handed in. While a few messages are on their way, what is handed in piles up and
/// leaves as one message; with nobody waiting a batch leaves at once. Every caller is answered by the broker's confirm.
/// Invariant: sent messages are a prefix of what was handed in, and a message is sent again only before any later one.
/// </summary>
internal sealed class Coalescer : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private readonly Channel<PendingBatch> _inbox = Channel.CreateUnbounded<PendingBatch>(new() { SingleReader = true });
    private readonly Queue<PendingBatch> _waiting = new();
    private readonly List<SentMessage> _window = [];
    private readonly IBrokerQueue _queue;
    private readonly RabbitMqStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly StreamMetrics _metrics;
    private readonly ILogger _log;
    private readonly string _provider, _name;
    private readonly string _origin = Guid.CreateVersion7().ToString("N");
    private readonly Task _pump;
    private Task? _inboxReady, _tick;
    private long _pendingBytes, _messages;

    public Coalescer(IBrokerQueue queue, string provider, string name, RabbitMqStreamOptions options, TimeProvider time, StreamMetrics metrics, ILogger log)
    {
        (_queue, _provider, _name, _options, _time, _metrics, _log) = (queue, provider, name, options, time, metrics, log);
        using (ExecutionContext.SuppressFlow())
            _pump = Pump();
    }

    /// <summary>Hands a batch in. The task ends with the confirm, or with what became of it instead.</summary>
    public Task Publish(ReadOnlyMemory<byte> batch)
    {
        _metrics.Published();
        if (batch.Length > _options.MaxMessageBytes - Frame.Overhead)
            return Task.FromException(new RabbitMqPublishException($"The batch has {batch.Length} bytes, MaxMessageBytes is {_options.MaxMessageBytes}. Nothing was stored."));
        if (Interlocked.Add(ref _pendingBytes, batch.Length) > _options.MaxPendingBytes && _options.Has(Cure.BoundPending))
        {
            Interlocked.Add(ref _pendingBytes, -batch.Length);
            return Task.FromException(new RabbitMqPublishException("Too many bytes wait for their confirm (MaxPendingBytes). Nothing was stored; publish again later."));
        }

        var pending = new PendingBatch(batch, _time.GetTimestamp());
        if (!_inbox.Writer.TryWrite(pending))
            Answer(pending, new RabbitMqPublishException("The provider is shutting down. Nothing was stored."));
        return pending.Answered;
    }

    public async ValueTask DisposeAsync()
    {
        _inbox.Writer.TryComplete();
        await _pump.WaitAsync(TimeSpan.FromSeconds(5), _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Pump()
    {
        // Away from the caller's scheduler: a grain's turn must not carry the pump.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            CollectInbox();
            if (SettleFinished())
                await SendAgain();
            ExpireOverdue();
            if (_waiting.Count > 0 && _window.Count < _options.MessagesInFlight)
                Send(Cut());
            else if (_waiting.Count == 0 && _window.Count == 0 && _inbox.Reader.Completion.IsCompleted)
                return;
            else
                await SomethingHappens();
        }
    }

    private void CollectInbox()
    {
        while (_inbox.Reader.TryRead(out var pending))
            _waiting.Enqueue(pending);
    }

    private SentMessage Cut()
    {
        var batches = new List<PendingBatch>();
        for (var bytes = Frame.Overhead; batches.Count < _options.MaxBatchesPerMessage && _waiting.TryPeek(out var next); batches.Add(_waiting.Dequeue()))
        {
            bytes += next.Bytes.Length + 4;
            if (batches.Count > 0 && bytes > _options.MaxMessageBytes)
                break;
        }

        _metrics.Sent(batches.Count);
        return new SentMessage(new OutgoingMessage($"{_origin}-{_messages++}", Frame.Message([.. batches.Select(b => b.Bytes)])), batches);
    }

    private void Send(SentMessage sent)
    {
        sent.Sending = _queue.Publish(sent.Message, sent.Given.Token);
        _window.Add(sent);
    }

    /// <summary>Answers the callers of what is confirmed or refused. True: a connection failed, and the window must be sent again.</summary>
    private bool SettleFinished()
    {
        var broken = false;
        for (var i = 0; i < _window.Count; i++)
        {
            if (!_window[i].Sending.IsCompleted)
                continue;
            if (IsBroken(_window[i]) && _options.Has(Cure.SendAgain))
                broken = true;
            else
                Close(_window[i--]);
        }

        return broken;
    }

    private void Close(SentMessage sent)
    {
        _window.Remove(sent);
        // A refusal is passed on. Whatever else ended the attempts, a lost connection among it, means to a caller that nobody knows.
        RabbitMqPublishException? failure =
            sent.Sending.IsCompletedSuccessfully ? null : sent.Sending.Exception?.InnerException as RabbitMqPublishException ?? Unknown();
        if (failure is null)
            _metrics.Confirmed(sent.Batches.Count);
        foreach (var batch in sent.Batches)
            Answer(batch, failure);
        sent.Given.Dispose();
    }

    /// <summary>After a broken connection: waits until nothing is on its way, then sends the unconfirmed again, oldest first, one at a time.</summary>
    private async Task SendAgain()
    {
        // A confirm may take its time, without end on a blocked broker: callers are told when theirs is over.
        while (_window.Exists(sent => !sent.Sending.IsCompleted))
            await SomethingHappens();

        // Said once for each reason: a broker may be away for an hour.
        string? said = null;
        while (_window.Count > 0)
        {
            // What is confirmed or given up is answered before anything is waited for again.
            if (_window.Find(s => !IsBroken(s) || s.Given.IsCancellationRequested) is { } done)
            {
                Close(done);
                continue;
            }

            var oldest = _window[_options.Has(Cure.KeepOrder) ? 0 : ^1];
            var reason = oldest.Sending.Exception!.InnerException!.Message;
            if (reason != said)
                Log.SendsAgain(_log, _provider, _name, reason);
            said = reason;
            await Task.Delay(RetryPause, _time);
            CollectInbox();
            ExpireOverdue();
            if (oldest.Given.IsCancellationRequested)
                continue;
            oldest.Sending = _queue.Publish(oldest.Message, oldest.Given.Token);
            while (!oldest.Sending.IsCompleted)
                await SomethingHappens();
        }
    }

    /// <summary>Tells callers whose time is over; a message all of whose callers have gone is not sent again.</summary>
    private void ExpireOverdue()
    {
        while (_waiting.TryPeek(out var batch) && Overdue(batch))
            Answer(_waiting.Dequeue(), Unknown());
        foreach (var sent in _window)
        {
            foreach (var batch in sent.Batches)
            {
                if (!Overdue(batch))
                    break;
                Answer(batch, Unknown());
            }

            if (Overdue(sent.Batches[^1]) && !sent.Given.IsCancellationRequested)
                sent.Given.Cancel();
        }
    }

    private static bool IsBroken(SentMessage sent) => sent.Sending.Exception?.InnerException is BrokerUnavailableException;

    private bool Overdue(PendingBatch batch) => _time.GetElapsedTime(batch.Since) > _options.PublishTimeout;

    private async Task SomethingHappens()
    {
        if (_inboxReady is null or { IsCompleted: true })
            _inboxReady = _inbox.Reader.Completion.IsCompleted ? null : _inbox.Reader.WaitToReadAsync().AsTask();
        if (_tick is null or { IsCompleted: true })
            _tick = Task.Delay(RetryPause, _time);
        var events = new List<Task>(_window.Count + 2);
        foreach (var sent in _window)
        {
            if (!sent.Sending.IsCompleted)
                events.Add(sent.Sending);
        }

        // With a full window new batches can only wait; waking up for each of them would cost more than they do.
        if (_inboxReady is not null && _window.Count < _options.MessagesInFlight)
            events.Add(_inboxReady);
        if (_window.Count > 0 || _waiting.Count > 0)
            events.Add(_tick);
        if (events.Count > 0)
            await Task.WhenAny(events);
        CollectInbox();
        ExpireOverdue();
    }

    private void Answer(PendingBatch batch, RabbitMqPublishException? failure)
    {
        if (batch.Answer(failure))
            Interlocked.Add(ref _pendingBytes, -batch.Bytes.Length);
    }

    private RabbitMqPublishException Unknown() =>
        new($"No confirm within {_options.PublishTimeout.TotalSeconds:0.#} s. The events may be stored.", outcomeUnknown: true);
}
