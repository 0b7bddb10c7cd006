using System.Threading.Channels;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>Keeps snapshots beside the path of a sale: one at a time, and when too many wait, the new ones are dropped. They are a cache.</summary>
internal sealed class PostgresSnapshots : IAsyncDisposable
{
    /// <summary>Most snapshots waiting to be kept, each some kilobytes.</summary>
    private const int MaxWaiting = 128;

    private readonly Channel<(StreamName Stream, Snapshot? Snapshot, TaskCompletionSource? Barrier)> _waiting =
        Channel.CreateBounded<(StreamName, Snapshot?, TaskCompletionSource?)>(MaxWaiting);

    private readonly NpgsqlDataSource _source;
    private readonly ILogger _log;
    private readonly Task _running;

    public PostgresSnapshots(NpgsqlDataSource source, ILogger log)
    {
        (_source, _log) = (source, log);
        using var _ = ExecutionContext.SuppressFlow();
        _running = Run();
    }

    public void Keep(StreamName stream, Snapshot snapshot) => _waiting.Writer.TryWrite((stream, snapshot, null));

    /// <summary>Ends when everything handed over before has been kept or dropped.</summary>
    public async Task Barrier()
    {
        var barrier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _waiting.Writer.WriteAsync((default, null, barrier));
        await barrier.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private async Task Run()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await foreach (var (stream, snapshot, barrier) in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            barrier?.TrySetResult();
            if (snapshot is null) continue;
            try
            {
                await Save(stream.Value, snapshot).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                _log.SnapshotLost(stream.Service, failure);
            }
        }
    }

    // Kept if its event is in the journal at its version, and none of a later version is kept.
    private async Task Save(string stream, Snapshot snapshot)
    {
        await using var save = _source.CreateCommand("""
            insert into snapshot
            select h.number, $2, $3, $4, $5 from stream_head h where h.stream = $1 and holds(h.number, $2, $3)
            on conflict (stream) do update set version = excluded.version, event = excluded.event, format = excluded.format, state = excluded.state
                where excluded.version >= snapshot.version or not holds(snapshot.stream, snapshot.version, snapshot.event)
            """);
        save.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream });
        save.Parameters.Add(new NpgsqlParameter<long> { TypedValue = snapshot.Version });
        save.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = snapshot.LastEvent });
        save.Parameters.Add(new NpgsqlParameter<string> { TypedValue = snapshot.Format });
        save.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = snapshot.State });
        await save.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
