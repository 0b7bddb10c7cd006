using Commerce.Analytics.Consumers;
using Commerce.Analytics.ReadModels.Lag;
using Commerce.Analytics.Store;
using Commerce.Feeds;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Commerce.Analytics.Composition;

/// <summary>Puts analytics into a host.</summary>
public static class AnalyticsComposition
{
    /// <summary>
    /// Store, consumers and queries. Wants the stream providers of the services it reads (<see cref="FeedStreams.Provider"/>) in this silo, and feeds (<see cref="IFeedGrain"/>) and relays
    /// anywhere in the cluster. The consumers begin once the silo is up.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="dataDir">Folder of <c>analytics.db</c>.</param>
    public static ISiloBuilder AddCommerceAnalytics(this ISiloBuilder silo, string dataDir) => silo.AddCommerceAnalytics(AnalyticsStorage.Sqlite(dataDir));

    /// <summary>The same, kept elsewhere: <see cref="AnalyticsStorage.Postgres"/> for analytics of several processes.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="storage">Where the projections are kept.</param>
    public static ISiloBuilder AddCommerceAnalytics(this ISiloBuilder silo, AnalyticsStorage storage)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton(_ => AnalyticsStore.Open(storage));
        silo.Services.AddSingleton<Rebuild>();
        silo.Services.AddSingleton<LagQuery>();
        silo.Services.AddHostedService<ProjectionStarter>();
        silo.Services.AddHostedService<LagMeter>();
        return silo;
    }
}
