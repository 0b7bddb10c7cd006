using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Secrets;

/// <summary>
/// Every subject's own key, wrapped by the master key. A key is durable before it is first used; a destroyed one leaves a row without a key
/// behind, so that it is never made again.
/// </summary>
public sealed class KeyRing : ISealer, IDisposable
{
    /// <summary>Keys kept in memory: more than are in use in an hour, some 2 MB.</summary>
    private const int Cached = 10_000;

    private const string Tables = """
        create table if not exists ring (id integer primary key check (id = 1), proof blob not null) strict;
        create table if not exists subject (name text primary key, wrapped blob) strict, without rowid;
        """;

    private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _destroyed = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly byte[] _master;
    private readonly SqliteLane _lane;

    private KeyRing(string path, string secrets, ILogger log)
    {
        _path = path;
        byte[]? master = null;
        _lane = new SqliteLane(path, "key-ring", session => master = Unlock(session, secrets), log);
        _master = master!;
    }

    /// <summary>Opens a ring, or makes it and its master key.</summary>
    /// <exception cref="DataFolderException">It cannot be opened, or the master key does not fit.</exception>
    public static KeyRing Open(string path, string secrets, ILogger<KeyRing> log) => DataFolder.Opening(path, () => new KeyRing(path, secrets, log));

    /// <inheritdoc/>
    public async Task<Sealed<T>> Seal<T>(string subject, T value)
    {
        var key = await Key(subject, make: true) ?? throw new InvalidOperationException($"The key of {subject} was destroyed; nothing can be sealed for it any more.");
        return new Sealed<T>(subject, Convert.ToBase64String(Box.Seal(key, subject, JsonSerializer.SerializeToUtf8Bytes(value, EventTypes.Json))));
    }

    /// <inheritdoc/>
    public async Task<T?> Open<T>(Sealed<T> box) where T : class => await Key(box.Subject, make: false) is { } key
        ? JsonSerializer.Deserialize<T>(Box.Open(key, box.Subject, Convert.FromBase64String(box.Box)), EventTypes.Json)
        : null;

    /// <inheritdoc/>
    public async Task Erase(string subject)
    {
        await _lane.Do(session =>
        {
            using var erase = session.Use("insert into subject values (?, null) on conflict (name) do update set wrapped = null");
            erase.Bind(1, subject).Run();
            return true;
        });
        _destroyed[subject] = true;
        _keys.TryRemove(subject, out _);

        // The old page may still stand in the write-ahead log, where a file's copy would find the key.
        await _lane.Between(static session => session.Run("pragma wal_checkpoint(truncate)"));
    }

    /// <summary>Carries out what was handed over, and closes the ring.</summary>
    public void Dispose() => _lane.Dispose();

    private async Task<byte[]?> Key(string subject, bool make)
    {
        if (_destroyed.ContainsKey(subject)) return null;
        if (_keys.TryGetValue(subject, out var cached)) return cached;

        var key = await _lane.Do(session => Find(session, subject, make));
        if (key is null) return null;
        if (_keys.Count >= Cached) _keys.Clear();
        _keys[subject] = key;

        // It may have been destroyed while it was fetched.
        if (!_destroyed.ContainsKey(subject)) return key;
        _keys.TryRemove(subject, out _);
        return null;
    }

    private byte[]? Find(SqliteSession session, string subject, bool make)
    {
        using (var known = session.Use("select wrapped from subject where name = ?"))
        {
            if (known.Bind(1, subject).Step()) return known.IsNull(0) ? null : Box.Open(_master, subject, known.Bytes(0));
        }

        if (!make) return null;
        var key = RandomNumberGenerator.GetBytes(32);
        using var add = session.Use("insert into subject values (?, ?)");
        add.Bind(1, subject).Bind(2, Box.Seal(_master, subject, key)).Run();
        return key;
    }

    private byte[] Unlock(SqliteSession session, string secrets)
    {
        session.Script(Tables);
        using var proof = session.Use("select proof from ring");
        var isNew = !proof.Step();
        var master = MasterKey.Open(secrets, isNew);
        if (isNew)
        {
            using var write = session.Use("insert into ring values (1, ?)");
            write.Bind(1, Box.Seal(master, "ring", "ring"u8)).Run();
            return master;
        }

        try
        {
            Box.Open(master, "ring", proof.Bytes(0));
            return master;
        }
        catch (CryptographicException wrong)
        {
            throw new DataFolderException($"The master key in {secrets} does not fit {_path}; put the one back that was made with it.", wrong);
        }
    }
}
