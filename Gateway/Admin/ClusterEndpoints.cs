using System.Collections.Immutable;
using Commerce.Feeds;
using Commerce.Gateway.Access;
using Orleans.Metadata;

namespace Commerce.Gateway.Admin;

/// <summary>The silos of the cluster, their roles and their grains.</summary>
internal static class ClusterEndpoints
{
    /// <summary>All silos, those of gateways and analytics included.</summary>
    public sealed record ClusterBody(ImmutableArray<SiloBody> Silos);

    /// <summary>A silo.</summary>
    /// <param name="Name">Its name: <c>silo-1</c>.</param>
    /// <param name="Address">Where other silos reach it.</param>
    /// <param name="Roles">Services it hosts, and <c>analytics</c>.</param>
    /// <param name="State">As the membership has it: <c>active</c>, <c>joining</c>, <c>shuttingDown</c>, …</param>
    /// <param name="Grains">Activations of ours it holds.</param>
    /// <param name="ByType">The same by grain type.</param>
    public sealed record SiloBody(string Name, string Address, ImmutableArray<string> Roles, string State, int Grains, ImmutableSortedDictionary<string, int> ByType);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/cluster", Get).WithTags("Cluster").Allows(Audience.Operator)
        .WithSummary("Silos, their roles, and how many grains each holds.");

    private static async Task<ClusterBody> Get(IGrainFactory grains, IServiceProvider services)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var (members, counts) = (await management.GetDetailedHosts(onlyActive: true), await management.GetDetailedGrainStatistics());
        var manifest = services.GetRequiredService<IClusterManifestProvider>().Current;
        return new ClusterBody(
        [
            .. members.OrderBy(member => member.SiloName, StringComparer.Ordinal).Select(member =>
            {
                var byType = counts.Where(grain => grain.SiloAddress.Equals(member.SiloAddress) && IsOurs(grain.GrainType))
                    .GroupBy(grain => grain.GrainId.Type.ToString()!).ToImmutableSortedDictionary(type => type.Key, type => type.Count(), StringComparer.Ordinal);
                return new SiloBody(
                    member.SiloName, member.SiloAddress.Endpoint.ToString(), RolesOf(manifest.Silos.GetValueOrDefault(member.SiloAddress)),
                    System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(member.Status.ToString()), byType.Values.Sum(), byType);
            }),
        ]);
    }

    // A role shows by its feed, which is hosted where its journal is.
    private static ImmutableArray<string> RolesOf(GrainManifest? manifest) => manifest is null ? [] :
    [
        .. FeedStreams.Services.Where(service => manifest.Grains.ContainsKey(GrainType.Create($"feed-{service}"))),
        .. manifest.Grains.ContainsKey(GrainType.Create("analytics-projection")) ? ["analytics"] : Array.Empty<string>(),
    ];

    private static bool IsOurs(string grainClass) => grainClass.Contains("Commerce.", StringComparison.Ordinal);
}
