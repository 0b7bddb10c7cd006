using Orleans.Streams.RabbitMQ.Broker;

namespace Orleans.Streams.RabbitMQ.Receiving;

/// <summary>
/// A message whose batches are being delivered. The broker may hand it in again meanwhile — after a reconnection, or because its publisher
/// sent it twice — and then every copy is acknowledged with it.
/// </summary>
internal sealed class MessageInHand(IncomingMessage first, int batches)
{
    private int _open = batches;

    public string Id => first.Id;

    public List<IncomingMessage> Copies { get; } = [first];

    /// <summary>One more batch is done with. True: it was the last.</summary>
    public bool Settle() => --_open == 0;
}

/// <summary>The ids of the last messages settled: a copy that arrives later is acknowledged unread. Bounded, oldest forgotten first.</summary>
internal sealed class SettledIds(int limit)
{
    private readonly HashSet<string> _ids = [];
    private readonly Queue<string> _order = new();

    public bool Contains(string id) => _ids.Contains(id);

    public void Add(string id)
    {
        if (!_ids.Add(id))
            return;
        _order.Enqueue(id);
        if (_order.Count > limit)
            _ids.Remove(_order.Dequeue());
    }
}
