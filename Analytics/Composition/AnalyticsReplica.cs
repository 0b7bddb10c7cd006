using Commerce.Analytics.Consumers;
using Commerce.Analytics.Queries;
using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.ServiceDefaults;
using Orleans.Dashboard;
using Orleans.Metadata;
using Orleans.Streams;
using Orleans.Streams.RabbitMQ;

namespace Commerce.Analytics.Composition;

/// <summary>Analytics as a process of a cluster: a silo of its own role, its database, and HTTP for the gateways.</summary>
internal static class AnalyticsReplica
{
    /// <summary>Composes it of its settings.</summary>
    public static void AddAnalyticsReplica(this IHostApplicationBuilder builder, ProcessSettings settings)
    {
        if (Laboratory.Of(builder.Configuration, builder.Environment) is { } laboratory)
        {
            builder.Services.AddSingleton(laboratory).AddSingleton(laboratory.Clock);
            laboratory.OnCrashOrder(order => CrashPoint.Arm(CrashPoint.Parse(order, laboratory.Crash)));
        }

        builder.UseOrleans(silo => silo.AddReplica(settings));
    }

    private static void AddReplica(this ISiloBuilder silo, ProcessSettings settings)
    {
        silo.JoinCluster(settings).AddSubscriptions(settings.Database("cluster")).AddCommerceAnalytics(AnalyticsStorage.Postgres(settings.Database("analytics")));
        silo.Services.AddSingleton<IGrainPropertiesProvider>(new Announcement(settings.Http));
        foreach (var service in ProjectionFold.Services)
            silo.AddRabbitMqStreams(FeedStreams.Provider(service), streams =>
            {
                if (settings.Broker(service) is { } broker) streams.Connect(broker);
                streams.AllowPlainText = settings.BrokerPlainText;
                streams.QueueCount = 1;
                streams.Direction = StreamProviderDirection.ReadOnly;
            });
    }

    /// <summary>Maps the questions and the dashboard; like the metrics beside them they are for whoever has the operator's token, and the gateways pass it on.</summary>
    public static void MapAnalyticsReplica(this WebApplication app, ProcessSettings settings)
    {
        app.MapOperations(settings);
        app.MapAnalytics();
        app.MapOrleansDashboard(OperationsEndpoints.DashboardPath);
    }

    // Gateways find the replicas by it: each silo's part of the cluster's manifest carries its own.
    private sealed class Announcement(string url) : IGrainPropertiesProvider
    {
        public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
        {
            if (grainClass == typeof(ProjectionGrain)) properties["commerce.http"] = url;
        }
    }
}
