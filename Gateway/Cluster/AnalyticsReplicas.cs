using Commerce.Gateway.Access;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Commerce.Kernel;
using Commerce.ServiceDefaults;
using Microsoft.AspNetCore.OpenApi;
using Orleans.Metadata;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Commerce.Gateway.Cluster;

/// <summary>
/// The replicas of Analytics, as the cluster's manifest names them: each announces its address with its projections. Requests to it, and to the dashboard it
/// shows, are spread over those that answer; one that has left the cluster is forgotten within a second.
/// </summary>
internal sealed partial class AnalyticsReplicas(IClusterManifestProvider cluster, InMemoryConfigProvider proxy, ILogger<AnalyticsReplicas> log) : BackgroundService
{
    /// <summary>Who announces an address, and under which name.</summary>
    private static readonly GrainType Announcing = GrainType.Create("analytics-projection");

    private const string Address = "commerce.http";

    internal const string Id = "analytics";

    internal const string Dashboard = "dashboard";

    internal const string Rebuilds = "analytics-rebuilds";

    /// <summary>A rebuild reads all that ever happened, and says nothing until it has.</summary>
    private static readonly TimeSpan RebuiltWithin = TimeSpan.FromDays(1);

    internal static readonly RouteConfig[] Routes =
    [
        new() { RouteId = Id, ClusterId = Id, Match = new RouteMatch { Path = "/v1/analytics/{**rest}" } },
        new() { RouteId = Rebuilds, ClusterId = Rebuilds, Match = new RouteMatch { Path = "/v1/analytics/rebuilds" } },
        new() { RouteId = Dashboard, ClusterId = Id, Match = new RouteMatch { Path = OperationsEndpoints.DashboardPath + "/{**rest}", Methods = ["GET"] } },
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string[] known = [];
        await foreach (var manifest in cluster.Updates.WithCancellation(stoppingToken))
        {
            var found = AddressesIn(manifest);
            if (found.SequenceEqual(known)) continue;
            known = found;
            LogFound(string.Join(", ", found));
            proxy.Update(Routes, ClustersOf(found));
        }
    }

    internal static string[] AddressesIn(ClusterManifest manifest) =>
    [
        .. manifest.Silos.Values
            .Select(silo => silo.Grains.TryGetValue(Announcing, out var grain) ? grain.Properties.GetValueOrDefault(Address) : null)
            .OfType<string>().Order(StringComparer.Ordinal),
    ];

    internal static ClusterConfig[] ClustersOf(IReadOnlyList<string> addresses) =>
        [ClusterOf(addresses), ClusterOf(addresses) with { ClusterId = Rebuilds, HttpRequest = new ForwarderRequestConfig { ActivityTimeout = RebuiltWithin } }];

    private static ClusterConfig ClusterOf(IReadOnlyList<string> addresses) => new()
    {
        ClusterId = Id,
        LoadBalancingPolicy = "RoundRobin",
        Destinations = addresses.ToDictionary(address => address, address => new DestinationConfig { Address = address }),
        HealthCheck = new HealthCheckConfig
        {
            Active = new ActiveHealthCheckConfig { Enabled = true, Interval = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(2), Path = "/healthz/ready" },
            Passive = new PassiveHealthCheckConfig { Enabled = true, ReactivationPeriod = TimeSpan.FromSeconds(2) },
        },
    };

    [LoggerMessage(LogLevel.Information, "Analytics answers at: {Addresses}.")]
    private partial void LogFound(string addresses);
}

/// <summary>Puts the way to Analytics into a gateway.</summary>
public static class AnalyticsProxy
{
    private static readonly Refusal Away = new("dependency-unavailable", "Analytics is away for the moment; repeat the request.");

    /// <summary>Registers what passes questions on to the replicas.</summary>
    public static void AddAnalyticsProxy(this IServiceCollection services)
    {
        services.AddReverseProxy().LoadFromMemory(AnalyticsReplicas.Routes, AnalyticsReplicas.ClustersOf([]));
        services.AddHostedService<AnalyticsReplicas>();
        services.Configure<OpenApiOptions>("v1", static description => description.AddDocumentTransformer<AnalyticsDescription>());
    }

    /// <summary>Maps <c>/v1/analytics</c>, for operators.</summary>
    public static void MapAnalyticsProxy(this WebApplication app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(async (http, next) =>
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response.StatusCode is StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout)
                await http.Refuse(Away);
        });
        proxy.UseLoadBalancing();
        proxy.UsePassiveHealthChecks();
    }).ConfigureEndpoints((endpoint, route) => endpoint.Allows(Audience.Operator, inBrowser: route.RouteId == AnalyticsReplicas.Dashboard).NeedsKey());
}
