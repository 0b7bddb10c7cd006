using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace Commerce.ServiceDefaults.Shards;

/// <summary>Puts the map into a silo.</summary>
public static class ShardComposition
{
    /// <summary>Finds the grains of <see cref="ShardMap.Kinds"/> by the map. All silos of a cluster do, or none.</summary>
    public static ISiloBuilder AddShards(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ShardMap>()
            .AddSingleton<IGrainDirectoryResolver>(static services => services.GetRequiredService<ShardMap>())
            .AddSingleton<IGrainDirectoryCache>(static services => services.GetRequiredService<ShardMap>())
            .AddSingleton<IGrainPropertiesProvider, Announcement>();
        return silo;
    }

    private sealed class Announcement : IGrainPropertiesProvider
    {
        public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
        {
            if (ShardMap.Kinds.Contains(grainType.ToString()!)) properties[ShardMap.Announced] = "";
        }
    }
}
