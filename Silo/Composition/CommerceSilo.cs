using System.Net;
using System.Net.Sockets;
using Commerce.Feeds;
using Commerce.Orders;
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
        silo.Services.AddOrderNumbers();
        return silo.AddIncomingGrainCallFilter<FaultFilter>();
    }

    /// <summary>One process, one silo: membership on this machine, streams in memory. Gaps after a restart are healed from the journal.</summary>
    public static ISiloBuilder UseEmbeddedCluster(this ISiloBuilder silo)
    {
        var (siloPort, gatewayPort) = FreePorts();
        return silo.UseLocalhostClustering(siloPort, gatewayPort)
            .AddMemoryFeedStreams()
            .AddRelays(FeedStreams.Services)
            .AddDeadlines(FeedStreams.Services);
    }

    // Two listeners held at once, so that they differ; released just before the silo takes them.
    private static (int Silo, int Gateway) FreePorts()
    {
        using var a = new TcpListener(IPAddress.Loopback, 0);
        using var b = new TcpListener(IPAddress.Loopback, 0);
        a.Start();
        b.Start();
        return (((IPEndPoint)a.LocalEndpoint).Port, ((IPEndPoint)b.LocalEndpoint).Port);
    }
}
