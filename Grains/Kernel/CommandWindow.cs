namespace Commerce.Kernel;

/// <summary>The last commands of a stream by id: the fast path of idempotency. The journal's index is the truth behind it.</summary>
internal sealed class CommandWindow
{
    /// <summary>How many are remembered: more than any burst of one aggregate, less than its state (about 100 bytes each).</summary>
    private const int Capacity = 128;

    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Whether it knows every command the stream ever had, so that a miss needs no look into the journal.</summary>
    public bool Complete { get; private set; } = true;

    public void Forgets() => Complete = false;

    public string? Find(string id) => _digests.GetValueOrDefault(id);

    public void Add(CommandKey command)
    {
        if (!command.IsGiven || !_digests.TryAdd(command.Id, command.Digest)) return;
        _order.Enqueue(command.Id);
        if (_order.Count <= Capacity) return;
        _digests.Remove(_order.Dequeue());
        Complete = false;
    }
}
