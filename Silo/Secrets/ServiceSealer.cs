using System.Collections.Concurrent;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;

namespace Commerce.Silo.Secrets;

/// <summary>
/// Seals with the keys of the service whose grain asks: each service keeps the keys it makes in its own database, whichever roles share a silo.
/// </summary>
public sealed class ServiceSealer(
    ServiceDatabases databases, string secrets, IGrainContextAccessor grains, TimeProvider time, ILogger<KeyRing> log) : ISealer
{
    private readonly ConcurrentDictionary<string, Lazy<Task<KeyRing>>> _rings = new(StringComparer.Ordinal);

    /// <summary>
    /// The ring of a service, for what is no grain. The first who asks has it opened, and the others wait for that; an opening that failed is not remembered, or a silo that came while its
    /// database was away could open nothing for the rest of its life.
    /// </summary>
    public async Task<KeyRing> Of(string service)
    {
        var opening = _rings.GetOrAdd(service, name => new Lazy<Task<KeyRing>>(() => KeyRing.Open(databases.Of(name), name, secrets, time, log)));
        try
        {
            return await opening.Value;
        }
        catch
        {
            _rings.TryRemove(KeyValuePair.Create(service, opening));
            throw;
        }
    }

    /// <summary>Opens the rings there are of the services here. Others begin with what is sealed first, and most services seal nothing.</summary>
    /// <exception cref="Journal.DataFolderException">The master key does not fit.</exception>
    public async Task OpenAll()
    {
        var rings = await Task.WhenAll(databases.Services.Select(async service => (Service: service, IsNew: await KeyRing.IsNew(databases.Of(service), log))));
        foreach (var (service, _) in rings.Where(ring => !ring.IsNew)) await Of(service);
    }

    /// <inheritdoc/>
    public async Task<Sealed<T>> Seal<T>(string subject, T value) => await (await Ring).Seal(subject, value);

    /// <inheritdoc/>
    public async Task<T?> Open<T>(Sealed<T> box) where T : class => await (await Ring).Open(box);

    /// <inheritdoc/>
    public async Task Erase(string subject) => await (await Ring).Erase(subject);

    private Task<KeyRing> Ring => Of(RoleOf.Grain(
        grains.GrainContext?.GrainInstance?.GetType() ?? throw new InvalidOperationException("Only a grain seals here; others name the service.")));
}
