using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Secrets;

/// <summary>The keys a service makes, in its own database. Each guest's order has a key of its own, so those made at the same time are kept together, and found together.</summary>
internal sealed class PostgresKeyStore : IKeyStore
{
    private const int MostAtOnce = 256;

    private readonly Together<(string Subject, byte[] Wrapped), bool> _adding;
    private readonly Together<string, StoredKey> _finding;
    private readonly NpgsqlDataSource _source;
    private readonly ILogger _log;

    public PostgresKeyStore(NpgsqlDataSource source, ILogger log)
    {
        (_source, _log) = (source, log);
        _adding = new(MostAtOnce, atOnce: 1, AddAll);
        _finding = new(MostAtOnce, atOnce: 2, subjects => PostgresFaults.OnAnother(() => FindAll(subjects)));
    }

    public Task<byte[]?> Proof() => PostgresFaults.Guard("key-ring", _log, async () =>
    {
        await using var proof = _source.CreateCommand("select proof from key_ring where id = 1");
        return await proof.ExecuteScalarAsync() as byte[];
    });

    public async Task<byte[]> Prove(byte[] proof)
    {
        await PostgresFaults.Guard("key-ring", _log, async () =>
        {
            await using var prove = _source.CreateCommand("insert into key_ring values (1, $1) on conflict do nothing");
            prove.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = proof });
            return await prove.ExecuteNonQueryAsync();
        });
        return (await Proof())!;
    }

    public Task<StoredKey> Find(string subject) => PostgresFaults.Guard("key-ring", _log, () => _finding.Do(subject));

    public async Task<StoredKey> Add(string subject, byte[] wrapped) =>
        await PostgresFaults.Guard("key-ring", _log, () => _adding.Do((subject, wrapped))) ? new StoredKey(true, wrapped) : await Find(subject);

    // Answers which of them are new. In the order of subjects, so that two silos never wait for each other in a circle. Who comes second with the same subject waits for the first to commit, and then reads the first's key.
    private async Task<IReadOnlyList<bool>> AddAll(IReadOnlyList<(string Subject, byte[] Wrapped)> keys)
    {
        var first = new SortedDictionary<string, (string Subject, byte[] Wrapped)>(StringComparer.Ordinal);
        foreach (var key in keys) first.TryAdd(key.Subject, key);
        await using var add = _source.CreateCommand("insert into sealing_key select * from unnest($1, $2) on conflict do nothing returning id");
        add.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. first.Keys] });
        add.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. first.Values.Select(key => key.Wrapped)] });
        var added = new HashSet<string>(StringComparer.Ordinal);
        await using (var rows = await add.ExecuteReaderAsync().ConfigureAwait(false))
        {
            while (await rows.ReadAsync().ConfigureAwait(false)) added.Add(rows.GetString(0));
        }

        return [.. keys.Select(key => added.Contains(key.Subject) && ReferenceEquals(first[key.Subject].Wrapped, key.Wrapped))];
    }

    private async Task<IReadOnlyList<StoredKey>> FindAll(IReadOnlyList<string> subjects)
    {
        await using var find = _source.CreateCommand("""
            select r.place, k.wrapped from unnest($1) with ordinality as r (id, place) cross join lateral (select s.wrapped from sealing_key s where s.id = r.id limit 1) k
            """);
        find.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. subjects] });
        var found = new StoredKey[subjects.Count];
        await using var rows = await find.ExecuteReaderAsync().ConfigureAwait(false);
        while (await rows.ReadAsync().ConfigureAwait(false)) found[rows.GetInt64(0) - 1] = new StoredKey(true, rows.IsDBNull(1) ? null : rows.GetFieldValue<byte[]>(1));
        return found;
    }

    public Task Erase(string subject) => PostgresFaults.Guard("key-ring", _log, async () =>
    {
        await using (var erase = _source.CreateCommand("insert into sealing_key values ($1, null) on conflict (id) do update set wrapped = null"))
        {
            erase.Parameters.Add(new NpgsqlParameter<string> { TypedValue = subject });
            await erase.ExecuteNonQueryAsync();
        }

        // The old row stands in its page until it is cleared away, where a copy of the files would find the key.
        await using var clear = _source.CreateCommand("vacuum sealing_key");
        return await clear.ExecuteNonQueryAsync();
    });

    // The connections are the service's.
    public void Dispose() { }
}
