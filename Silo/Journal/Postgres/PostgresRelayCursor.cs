using Commerce.Feeds;
using Commerce.Silo.Relay;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// How far the holder of a lease has published, kept beside the journal. It only rises, and only in its holder's epoch: one who lost the lease without
/// knowing it is told so by his next write, which changes nothing.
/// </summary>
public sealed class PostgresRelayCursor(ServiceDatabases databases, Lease lease, ILogger<PostgresRelayCursor> log) : IRelayCursor
{
    /// <inheritdoc/>
    public Task<long> Load(string service, int partition) => PostgresFaults.Guard($"relay of {service}", log, async () =>
    {
        await using var load = databases.Of(service).CreateCommand("select position from relay_cursor where partition = $1");
        load.Parameters.Add(new NpgsqlParameter<int> { TypedValue = partition });
        return await load.ExecuteScalarAsync() is long position ? position : 0;
    });

    /// <inheritdoc/>
    /// <exception cref="LeaseLostException">Somebody else publishes now.</exception>
    public async Task Store(FeedBatch published)
    {
        var service = published.Service;
        var held = await PostgresFaults.Guard($"relay of {service}", log, async () =>
        {
            // The lease's row is held while the cursor is written, so no new holder can come between the two. Its commit need not be on disk: a cursor that is
            // lost with the power is an older one, and what comes after it is published again.
            await using var store = databases.Of(service).CreateCommand($"""
                with eased as materialized (select set_config('synchronous_commit', 'off', true)),
                held as (select epoch from lease where name = $3 and epoch = $4 and exists (select from eased) for share),
                moved as (
                    insert into relay_cursor (partition, position, epoch) select $1, $2, held.epoch from held, log_head l where l.partition = 0 and {PostgresReads.Epoch} = $5
                    on conflict (partition) do update set position = greatest(relay_cursor.position, excluded.position), epoch = excluded.epoch)
                select count(*) from held
                """);
            store.Parameters.Add(new NpgsqlParameter<int> { TypedValue = published.Partition });
            store.Parameters.Add(new NpgsqlParameter<long> { TypedValue = published.Last });
            store.Parameters.Add(new NpgsqlParameter<string> { TypedValue = lease.Name });
            store.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lease.Epoch });
            store.Parameters.Add(new NpgsqlParameter<string> { TypedValue = published.Epoch });
            return await store.ExecuteScalarAsync() is 1L;
        });
        if (!held) throw new LeaseLostException(lease);
    }
}
