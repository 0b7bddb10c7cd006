using Commerce.Feeds;
using Microsoft.Data.Sqlite;

namespace Commerce.Gateway.ReadModels;

/// <summary>Tables that are a fold of one service's events.</summary>
public interface IReadModel
{
    /// <summary>Whose events.</summary>
    string Service { get; }

    /// <summary>The tables that are emptied before the events are read again from the start.</summary>
    IReadOnlyList<string> Tables { get; }

    /// <summary>What an event changes, within the transaction of its run.</summary>
    void Apply(SqliteConnection db, RecordedEvent recorded);

    /// <summary>Whatever was appended before this moment (a timestamp) has been applied.</summary>
    void AppliedAllBefore(long moment) { }
}

/// <summary>A read model as its feed's reader sees it.</summary>
internal sealed class ReadModelEffect(ReadStore store, IReadModel model) : IFeedEffect
{
    public Task<FeedCursor> Cursor(string service, int partition) => Task.FromResult(store.Cursor(service, partition));

    public Task Apply(FeedBatch run)
    {
        store.Apply(run, model.Apply);
        return Task.CompletedTask;
    }

    public Task Adopt(string service, int partition, FeedCursor stored, FeedCursor same)
    {
        store.Adopt(service, partition, same);
        return Task.CompletedTask;
    }

    /// <summary>Starts over: the feed is another history than the one read so far.</summary>
    public void Forget() => store.Forget(model.Service, [.. model.Tables]);
}
