using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Npgsql;

namespace Commerce.Silo.Secrets;

/// <summary>
/// Every subject's own key, wrapped by the master key. A key is durable before it is first used; a destroyed one leaves a row without a key
/// behind, so that it is never made again.
/// </summary>
public sealed class KeyRing : ISealer, IDisposable
{
    /// <summary>Keys kept in memory: more than are in use in an hour, some 2 MB.</summary>
    private const int Cached = 10_000;

    /// <summary>Where other silos use the same keys, one destroyed by them is used no longer than this.</summary>
    internal static readonly TimeSpan SharedFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (byte[] Key, DateTimeOffset Until)> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _destroyed = new(StringComparer.Ordinal);
    private readonly byte[] _master;
    private readonly IKeyStore _store;
    private readonly TimeProvider? _sharedBy;

    private KeyRing(IKeyStore store, byte[] master, TimeProvider? sharedBy) => (_store, _master, _sharedBy) = (store, master, sharedBy);

    /// <summary>Opens a ring in a file, or makes it and its master key.</summary>
    /// <exception cref="DataFolderException">It cannot be opened, or the master key does not fit.</exception>
    public static KeyRing Open(string path, string secrets, ILogger<KeyRing> log) =>
        DataFolder.Opening(path, () => Open(new SqliteKeyStore(path, log), path, secrets, sharedBy: null).GetAwaiter().GetResult());

    /// <summary>Opens a service's ring in its own database, which several silos use at once.</summary>
    /// <exception cref="DataFolderException">The master key does not fit.</exception>
    /// <exception cref="DependencyUnavailableException">The database is away.</exception>
    public static Task<KeyRing> Open(NpgsqlDataSource source, string service, string secrets, TimeProvider time, ILogger<KeyRing> log) =>
        Open(new PostgresKeyStore(source, log), $"the database of {service}", secrets, time);

    /// <summary>Whether a service has no ring yet: opening it makes one, of whichever master key there is.</summary>
    /// <exception cref="DependencyUnavailableException">The database is away.</exception>
    internal static async Task<bool> IsNew(NpgsqlDataSource source, ILogger<KeyRing> log)
    {
        using var store = new PostgresKeyStore(source, log);
        return await store.Proof() is null;
    }

    /// <inheritdoc/>
    public async Task<Sealed<T>> Seal<T>(string subject, T value)
    {
        var key = await Key(subject, make: true) ?? throw new KeyDestroyedException($"The key of {subject} was destroyed; nothing can be sealed for it any more.");
        return new Sealed<T>(subject, Convert.ToBase64String(Box.Seal(key, subject, JsonSerializer.SerializeToUtf8Bytes(value, EventTypes.Json))));
    }

    /// <inheritdoc/>
    public async Task<T?> Open<T>(Sealed<T> box) where T : class => await Key(box.Subject, make: false) is { } key
        ? JsonSerializer.Deserialize<T>(Box.Open(key, box.Subject, Convert.FromBase64String(box.Box)), EventTypes.Json)
        : null;

    /// <inheritdoc/>
    public async Task Erase(string subject)
    {
        await _store.Erase(subject);
        _destroyed[subject] = true;
        _keys.TryRemove(subject, out _);
    }

    /// <summary>Carries out what was handed over, and closes the ring.</summary>
    public void Dispose() => _store.Dispose();

    private async Task<byte[]?> Key(string subject, bool make)
    {
        if (_destroyed.ContainsKey(subject)) return null;
        if (_keys.TryGetValue(subject, out var cached) && (_sharedBy is null || _sharedBy.GetUtcNow() < cached.Until)) return cached.Key;

        var key = await Find(subject, make);
        if (key is null) return null;
        if (_keys.Count >= Cached) _keys.Clear();
        _keys[subject] = (key, _sharedBy is null ? default : _sharedBy.GetUtcNow() + SharedFor);

        // It may have been destroyed while it was fetched.
        if (!_destroyed.ContainsKey(subject)) return key;
        _keys.TryRemove(subject, out _);
        return null;
    }

    private async Task<byte[]?> Find(string subject, bool make)
    {
        if (!make) return Unwrapped(subject, await _store.Find(subject));

        // Most who seal are new: a key is offered without asking first, and what is there then counts.
        var fresh = RandomNumberGenerator.GetBytes(32);
        var wrapped = Box.Seal(_master, subject, fresh);
        var stored = await _store.Add(subject, wrapped);
        return ReferenceEquals(stored.Wrapped, wrapped) ? fresh : Unwrapped(subject, stored);
    }

    private byte[]? Unwrapped(string subject, StoredKey stored) => stored.Wrapped is { } wrapped ? Box.Open(_master, subject, wrapped) : null;

    private static async Task<KeyRing> Open(IKeyStore store, string where, string secrets, TimeProvider? sharedBy)
    {
        try
        {
            var proof = await store.Proof().ConfigureAwait(false);
            var master = MasterKey.Open(secrets, isNew: proof is null);
            proof ??= await store.Prove(Box.Seal(master, "ring", "ring"u8)).ConfigureAwait(false);
            Box.Open(master, "ring", proof);
            return new KeyRing(store, master, sharedBy);
        }
        catch (CryptographicException wrong)
        {
            store.Dispose();
            throw new DataFolderException($"The master key in {secrets} does not fit {where}; put the one back that was made with it.", wrong);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }
}
