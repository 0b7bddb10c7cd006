using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Relay;

/// <summary>How far a service's relay has published.</summary>
public interface IRelayCursor
{
    /// <summary>Position of the last event published.</summary>
    Task<long> Load(string service, int partition);

    /// <summary>
    /// This run is published, and everything before it. A cursor only rises. A run of an epoch that the journal has left moves nothing: its positions may mean other events now.
    /// </summary>
    Task Store(FeedBatch published);
}

/// <summary>
/// The cursor of one process that is the whole shop: it begins at the head, because memory streams begin empty and every reader heals what is
/// older from the feed itself. A cluster keeps its cursors beside the journal instead.
/// </summary>
internal sealed class RelayCursorFromHead(IJournal journal) : IRelayCursor
{
    public async Task<long> Load(string service, int partition) => (await journal.Head(service, partition)).Position;

    public Task Store(FeedBatch published) => Task.CompletedTask;
}
