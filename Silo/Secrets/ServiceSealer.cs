using System.Collections.Concurrent;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;

namespace Commerce.Silo.Secrets;

/// <summary>
/// Seals with the keys of the service whose grain asks: each service keeps the keys it makes in its own database, whichever roles share a silo.
/// </summary>
public sealed class ServiceSealer(
    ServiceDatabases databases, string secrets, IGrainContextAccessor grains, TimeProvider time, ILogger<KeyRing> log) : ISealer, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<KeyRing>> _rings = new(StringComparer.Ordinal);

    /// <summary>The ring of a service, for what is no grain.</summary>
    public KeyRing Of(string service) =>
        _rings.GetOrAdd(service, name => new Lazy<KeyRing>(() => KeyRing.Open(databases.Of(name), name, secrets, time, log))).Value;

    /// <inheritdoc/>
    public Task<Sealed<T>> Seal<T>(string subject, T value) => Ring.Seal(subject, value);

    /// <inheritdoc/>
    public Task<T?> Open<T>(Sealed<T> box) where T : class => Ring.Open(box);

    /// <inheritdoc/>
    public Task Erase(string subject) => Ring.Erase(subject);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var ring in _rings.Values.Where(ring => ring.IsValueCreated)) ring.Value.Dispose();
    }

    private KeyRing Ring => Of(RoleOf.Grain(
        grains.GrainContext?.GrainInstance?.GetType() ?? throw new InvalidOperationException("Only a grain seals here; others name the service.")));
}
