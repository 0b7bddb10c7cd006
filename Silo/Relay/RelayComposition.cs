using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Composition;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;

namespace Commerce.Silo.Relay;

/// <summary>Puts feeds and relays into a silo.</summary>
public static class RelayComposition
{
    /// <summary>One relay per service. Wants an <see cref="IJournal"/>, and their stream providers, <see cref="FeedStreams.Provider"/>.</summary>
    public static ISiloBuilder AddRelays(this ISiloBuilder silo, params IEnumerable<string> services)
    {
        silo.Services.TryAddSingleton<IRelayCursor, RelayCursorFromHead>();
        silo.AddFeedPublisher();
        foreach (var service in services)
            silo.Services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<Relay>(provider, service));
        return silo;
    }

    /// <summary>What a relay needs to publish.</summary>
    internal static void AddFeedPublisher(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton<IFeedPublisher, StreamPublisher>();
    }

    /// <summary>Drives orders on from their stream. Wants the stream provider of the order service.</summary>
    public static ISiloBuilder AddOrderDriver(this ISiloBuilder silo) =>
        silo.KeepAwake<IOrderDriverGrain>(FeedStreams.Key("order", 0), static driver => driver.Listen());

    /// <summary>
    /// The feeds' streams inside one process. They may lose everything at any time, and do lose an item larger than 1 MiB (one huge event):
    /// readers heal from the feed. Items leave the cache seconds after they
    /// were delivered (the default keeps them for half an hour, which is the whole memory of a small shop).
    /// </summary>
    public static ISiloBuilder AddMemoryFeedStreams(this ISiloBuilder silo, params IEnumerable<string> services)
    {
        silo.AddMemoryGrainStorage("PubSubStore");
        foreach (var service in services) silo.AddMemoryStreams(FeedStreams.Provider(service), Tune);
        return silo;
    }

    private static void Tune(ISiloMemoryStreamConfigurator streams)
    {
        streams.ConfigurePartitioning(1);
        streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(20)));
        streams.Configure<StreamCacheEvictionOptions>(options => options.Configure(eviction =>
        {
            eviction.DataMinTimeInCache = TimeSpan.FromSeconds(1);
            eviction.DataMaxAgeInCache = TimeSpan.FromSeconds(5);
        }));
    }
}
