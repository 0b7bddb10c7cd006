using Commerce.Kernel;

namespace Commerce.Silo.Relay;

/// <summary>How far a service's relay has published.</summary>
public interface IRelayCursor
{
    /// <summary>Position of the last event published.</summary>
    Task<long> Load(string service, int partition);

    /// <summary>Everything up to this position is published. A cursor only rises.</summary>
    Task Store(string service, int partition, long position);
}

/// <summary>
/// The cursor of one process that is the whole shop: it begins at the head, because memory streams begin empty and every reader heals what is
/// older from the feed itself. A cluster keeps its cursors beside the journal instead.
/// </summary>
internal sealed class RelayCursorFromHead(IJournal journal) : IRelayCursor
{
    public async Task<long> Load(string service, int partition) => (await journal.Head(service, partition)).Position;

    public Task Store(string service, int partition, long position) => Task.CompletedTask;
}
