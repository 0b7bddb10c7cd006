using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Secrets;

/// <summary>The keys in a file of their own.</summary>
internal sealed class SqliteKeyStore(string path, ILogger log) : IKeyStore
{
    private const string Tables = """
        create table if not exists ring (id integer primary key check (id = 1), proof blob not null) strict;
        create table if not exists subject (name text primary key, wrapped blob) strict, without rowid;
        """;

    private readonly SqliteLane _lane = new(path, "key-ring", static session => session.Script(Tables), log);

    public Task<byte[]?> Proof() => _lane.Do(ReadProof);

    public Task<byte[]> Prove(byte[] proof) => _lane.Do(session =>
    {
        using var write = session.Use("insert or ignore into ring values (1, ?)");
        write.Bind(1, proof).Run();
        return ReadProof(session)!;
    });

    public Task<StoredKey> Find(string subject) => _lane.Do(session => Read(session, subject));

    public Task<StoredKey> Add(string subject, byte[] wrapped) => _lane.Do(session =>
    {
        using (var add = session.Use("insert or ignore into subject values (?, ?)")) add.Bind(1, subject).Bind(2, wrapped).Run();
        return Read(session, subject);
    });

    public async Task Erase(string subject)
    {
        await _lane.Do(session =>
        {
            using var erase = session.Use("insert into subject values (?, null) on conflict (name) do update set wrapped = null");
            erase.Bind(1, subject).Run();
            return true;
        });

        // The old page may still stand in the write-ahead log, where a file's copy would find the key.
        await _lane.Between(static session => session.Run("pragma wal_checkpoint(truncate)"));
    }

    public void Dispose() => _lane.Dispose();

    private static byte[]? ReadProof(SqliteSession session)
    {
        using var proof = session.Use("select proof from ring");
        return proof.Step() ? proof.Bytes(0) : null;
    }

    private static StoredKey Read(SqliteSession session, string subject)
    {
        using var known = session.Use("select wrapped from subject where name = ?");
        if (!known.Bind(1, subject).Step()) return default;
        return new StoredKey(true, known.IsNull(0) ? null : known.Bytes(0));
    }
}
