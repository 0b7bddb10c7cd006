using Commerce.Kernel;
using Commerce.ServiceDefaults.Shards;

namespace Commerce.Silo.Composition;

/// <summary>By the map, where there is one; Orleans' directory moves no grain that lives.</summary>
internal sealed class Ownership(IServiceProvider services) : IOwnership
{
    private readonly ShardMap? _map = services.GetService<ShardMap>();

    public long Version => _map?.Version ?? 0;

    public bool IsHeldSince(GrainId grain, long version) => _map is null || _map.IsHeldSince(grain, version);
}
