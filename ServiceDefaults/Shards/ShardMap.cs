using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace Commerce.ServiceDefaults.Shards;

/// <summary>
/// Where grains live, as a function of who is there. A key belongs to a shard, and a shard of a kind to one of the silos that host that kind, so every process finds a grain by itself: nothing is registered,
/// asked for or handed over, and a process that hosts none of them cannot hold up those that do. What two silos both take for theirs while they do not yet see the same cluster is fenced by the journal (ADR 0038).
/// </summary>
public sealed class ShardMap(IClusterManifestProvider cluster, ILocalSiloDetails here) : IGrainDirectory, IGrainDirectoryCache, IGrainDirectoryResolver
{
    /// <summary>The kinds of grains that are found by it: those with a history in a journal that do nothing unless they are asked.</summary>
    public static readonly FrozenSet<string> Kinds = FrozenSet.Create("product", "cart", "stock", "order", "order-numbers", "payment", "customer");

    /// <summary>What a silo says of a kind it hosts and finds by this map. One of an older build does not, and is given none.</summary>
    internal const string Announced = "commerce.shards";

    private readonly Lock _looking = new();
    private View _view = new(null, FrozenDictionary<GrainType, ShardTable>.Empty, 0);

    /// <summary>Counts the changes of the map as this process has seen them.</summary>
    public long Version => Look().Version;

    /// <summary>Whether this silo has been the only home of a grain since that version of the map, as far as it knows.</summary>
    public bool IsHeldSince(GrainId grain, long version) => Look().Kinds.GetValueOrDefault(grain.Type) is not { } shards || shards.Since(grain) <= version && shards.Of(grain).Equals(here.SiloAddress);

    /// <summary>The silo a grain is at home in; null when there is none that hosts its kind.</summary>
    public SiloAddress? HomeOf(GrainId grain) => Look().Kinds.GetValueOrDefault(grain.Type)?.Of(grain);

    bool IGrainDirectoryResolver.TryResolveGrainDirectory(GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
    {
        grainDirectory = Kinds.Contains(grainType.ToString()!) ? this : null;
        return grainDirectory is not null;
    }

    bool IGrainDirectoryCache.LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
    {
        (result, version) = (AddressOf(key), 0);
        return result is not null;
    }

    Task<GrainAddress?> IGrainDirectory.Lookup(GrainId grainId) => Task.FromResult(AddressOf(grainId));

    Task<GrainAddress?> IGrainDirectory.Register(GrainAddress address) => Task.FromResult(Registered(address));

    Task<GrainAddress?> IGrainDirectory.Register(GrainAddress address, GrainAddress? previousAddress, CancellationToken cancellationToken) => Task.FromResult(Registered(address));

    Task IGrainDirectory.Unregister(GrainAddress address) => Task.CompletedTask;

    Task IGrainDirectory.UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;

    // What is computed is not kept, and what anybody was told otherwise is not believed.
    IEnumerable<(GrainAddress ActivationAddress, int Version)> IGrainDirectoryCache.KeyValues => [];

    void IGrainDirectoryCache.AddOrUpdate(GrainAddress value, int version) { }

    bool IGrainDirectoryCache.Remove(GrainId key) => false;

    bool IGrainDirectoryCache.Remove(GrainAddress key) => false;

    void IGrainDirectoryCache.Clear() { }

    // Who activates a grain that is at home elsewhere is told where.
    private GrainAddress? Registered(GrainAddress address) => AddressOf(address.GrainId) is { } home && !home.SiloAddress!.Equals(address.SiloAddress) ? home : address;

    private GrainAddress? AddressOf(GrainId grain) =>
        HomeOf(grain) is { } home ? new GrainAddress { GrainId = grain, SiloAddress = home } : null;

    private View Look()
    {
        var manifest = cluster.Current;
        return ReferenceEquals(_view.Manifest, manifest) ? _view : LookAt(manifest);
    }

    private View LookAt(ClusterManifest manifest)
    {
        lock (_looking)
        {
            var (before, version) = (_view, _view.Version + 1);
            if (before.Manifest is { } seen && manifest.Version <= seen.Version) return before;

            var kinds = new Dictionary<GrainType, ShardTable>();
            foreach (var kind in Kinds.Select(GrainType.Create))
            {
                SiloAddress[] hosts =
                [
                    .. manifest.Silos.Where(silo => silo.Value.Grains.TryGetValue(kind, out var grain) && grain.Properties.ContainsKey(Announced)).Select(silo => silo.Key).Order(),
                ];
                if (hosts.Length > 0) kinds[kind] = before.Kinds.GetValueOrDefault(kind) is { } known ? known.Among(hosts, version) : ShardTable.Dealt(hosts, version);
            }

            return _view = new View(manifest, kinds.ToFrozenDictionary(), version);
        }
    }

    private sealed record View(ClusterManifest? Manifest, FrozenDictionary<GrainType, ShardTable> Kinds, long Version);
}
