using Orleans.Streams.RabbitMQ.Broker;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

/// <summary>A broker queue in memory, driven by the test: what is published waits for its confirm, what is offered is taken.</summary>
internal sealed class FakeBrokerQueue : IBrokerQueue
{
    private readonly Lock _gate = new();
    private readonly List<(OutgoingMessage Message, TaskCompletionSource Confirm)> _sent = [];
    private readonly Queue<IncomingMessage> _offered = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Messages are confirmed as they come.</summary>
    public bool ConfirmAtOnce { get; set; }

    public bool IsDown { get; set; }

    public List<IncomingMessage> Acknowledged { get; } = [];

    public IReadOnlyList<(OutgoingMessage Message, TaskCompletionSource Confirm)> Sent
    {
        get
        {
            lock (_gate)
                return [.. _sent];
        }
    }

    public void Offer(IncomingMessage message) => _offered.Enqueue(message);

    /// <summary>Waits until that many messages were sent, repeats included.</summary>
    public async Task UntilSent(int count)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_sent.Count >= count)
                    return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(TimeSpan.FromSeconds(Setup.Patience.Seconds));
        }
    }

    public Task Publish(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (IsDown)
            return Task.FromException(new BrokerUnavailableException("down"));
        var confirm = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (ConfirmAtOnce)
            confirm.SetResult();
        lock (_gate)
        {
            _sent.Add((message, confirm));
            Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }

        return confirm.Task.WaitAsync(cancellationToken);
    }

    public Task<IReadOnlyList<IncomingMessage>> Take(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (IsDown)
            return Task.FromException<IReadOnlyList<IncomingMessage>>(new BrokerUnavailableException("down"));
        IncomingMessage[] taken = [.. _offered];
        _offered.Clear();
        return Task.FromResult<IReadOnlyList<IncomingMessage>>(taken);
    }

    public Task<bool> Acknowledge(IncomingMessage message, CancellationToken cancellationToken)
    {
        Acknowledged.Add(message);
        return Task.FromResult(true);
    }
}
