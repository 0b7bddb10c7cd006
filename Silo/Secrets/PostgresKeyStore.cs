using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Secrets;

/// <summary>The keys a service makes, in its own database.</summary>
internal sealed class PostgresKeyStore(NpgsqlDataSource source, ILogger log) : IKeyStore
{
    public byte[]? Proof()
    {
        using var proof = source.CreateCommand("select proof from key_ring where id = 1");
        return proof.ExecuteScalar() as byte[];
    }

    public byte[] Prove(byte[] proof)
    {
        using var prove = source.CreateCommand("insert into key_ring values (1, $1) on conflict do nothing");
        prove.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = proof });
        prove.ExecuteNonQuery();
        return Proof()!;
    }

    public Task<StoredKey> Find(string subject) => PostgresFaults.Guard("key-ring", log, async () =>
    {
        await using var find = source.CreateCommand("select wrapped from sealing_key where id = $1");
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = subject });
        await using var row = await find.ExecuteReaderAsync();
        if (!await row.ReadAsync()) return default;
        return new StoredKey(true, row.IsDBNull(0) ? null : row.GetFieldValue<byte[]>(0));
    });

    public async Task<StoredKey> Add(string subject, byte[] wrapped)
    {
        await PostgresFaults.Guard("key-ring", log, async () =>
        {
            await using var add = source.CreateCommand("insert into sealing_key values ($1, $2) on conflict do nothing");
            add.Parameters.Add(new NpgsqlParameter<string> { TypedValue = subject });
            add.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = wrapped });
            return await add.ExecuteNonQueryAsync();
        });
        return await Find(subject);
    }

    public Task Erase(string subject) => PostgresFaults.Guard("key-ring", log, async () =>
    {
        await using (var erase = source.CreateCommand("insert into sealing_key values ($1, null) on conflict (id) do update set wrapped = null"))
        {
            erase.Parameters.Add(new NpgsqlParameter<string> { TypedValue = subject });
            await erase.ExecuteNonQueryAsync();
        }

        // The old row stands in its page until it is cleared away, where a copy of the files would find the key.
        await using var clear = source.CreateCommand("vacuum sealing_key");
        return await clear.ExecuteNonQueryAsync();
    });

    // The connections are the service's.
    public void Dispose() { }
}
