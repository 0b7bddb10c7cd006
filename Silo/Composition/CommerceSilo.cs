using System.Net;
using System.Net.Sockets;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.ServiceDefaults.Shards;
using Commerce.Silo.Deadlines;
using Commerce.Silo.Relay;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Commerce.Silo.Composition;

/// <summary>What makes a silo one of ours. The journal, the streams and the membership are chosen beside it.</summary>
public static class CommerceSilo
{
    /// <summary>The grains' own needs: clock, terms, order numbers, and the filter through which faults leave.</summary>
    public static ISiloBuilder AddCommerceGrains(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton<CheckoutTerms>();
        silo.Services.TryAddSingleton<OpenHolds>();
        silo.Services.TryAddSingleton<UnsettledSales>();
        silo.Services.TryAddSingleton<IOwnership, Ownership>();
        silo.Services.AddOrderNumbers();
        return silo.AddIncomingGrainCallFilter<FaultFilter>();
    }

    /// <summary>Settles confirmed orders. Belongs where the orders' journal is.</summary>
    public static ISiloBuilder AddSettlement(this ISiloBuilder silo) => silo.KeepAwake<ISettlementGrain>("0", static settlement => settlement.Listen());

    /// <summary>One process, one silo: membership on this machine, streams in memory. Gaps after a restart are healed from the journal.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="httpPort">The shop's own port, which the silo must not take.</param>
    /// <param name="followed">The services whose streams somebody reads; nobody else's are published.</param>
    public static ISiloBuilder UseEmbeddedCluster(this ISiloBuilder silo, int httpPort, params IReadOnlyList<string> followed)
    {
        var (siloPort, gatewayPort) = FreePorts(httpPort);
        if (followed.Contains("order")) silo.AddOrderDriver();
        return silo.UseLocalhostClustering(siloPort, gatewayPort)
            .AddShards()
            .AddSettlement()
            .AddMemoryFeedStreams(followed)
            .AddRelays(followed)
            .AddDeadlines(FeedStreams.Services);
    }

    // Three listeners held at once, so that they differ; the shop's own port is not listened on yet, and looks as free as any.
    private static (int Silo, int Gateway) FreePorts(int taken)
    {
        var listeners = new[] { new TcpListener(IPAddress.Loopback, 0), new TcpListener(IPAddress.Loopback, 0), new TcpListener(IPAddress.Loopback, 0) };
        foreach (var listener in listeners) listener.Start();
        var free = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).Where(port => port != taken).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return (free[0], free[1]);
    }
}
