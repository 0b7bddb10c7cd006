using Commerce.Feeds;
using Commerce.ServiceDefaults;
using Commerce.Silo.Deadlines;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Laboratories;
using Commerce.Silo.Payments;
using Commerce.Silo.Relay;
using Orleans.Streams.RabbitMQ;

namespace Commerce.Silo.Composition;

/// <summary>A silo of a cluster: some roles, their journals in PostgreSQL, their feeds over RabbitMQ.</summary>
public static class ClusterSilo
{
    /// <summary>Composes it of its settings.</summary>
    public static void AddCommerceSilo(this IHostApplicationBuilder builder, ProcessSettings settings)
    {
        var roles = RolesOf(settings);
        // Before the silo starts: who comes first makes the tables, the others find them.
        PostgresMigrations.Cluster(settings.Database("cluster"));
        builder.Services.AddPostgresJournal(roles.Services.ToDictionary(service => service, settings.Database)).AddPostgresKeyRing(settings.Secrets);
        if (roles.Has("payment") && !builder.Services.AddPaymentProvider(settings.Payments)) builder.Services.AddPostgresSandboxProvider();
        builder.Services.AddSingleton(CheckoutSettings.Read(builder.Configuration));
        if (Laboratory.Of(builder.Configuration, builder.Environment) is { } laboratory) builder.Services.AddLaboratory(laboratory);
        builder.UseOrleans(silo =>
        {
            silo.JoinCluster(settings).AddSubscriptions(settings.Database("cluster")).AddCommerceGrains().HostRoles(roles);
            foreach (var service in roles.Services) silo.AddService(service, settings);
            if (roles.Has("order")) silo.AddSettlement();
            if (roles.Has("order") && settings.Broker("order") is not null) silo.AddOrderDriver();
        });
    }

    private static void AddService(this ISiloBuilder silo, string service, ProcessSettings settings)
    {
        silo.AddLeased(service, "deadlines", settings.Name, static (provider, lease) => ActivatorUtilities.CreateInstance<DeadlineScanner>(provider, lease.Service));
        if (settings.Broker(service) is not { } broker) return;

        silo.AddFeedPublisher();
        silo.AddRabbitMqStreams(FeedStreams.Provider(service), streams =>
        {
            streams.Connect(broker);
            streams.AllowPlainText = settings.BrokerPlainText;
            // One partition, one queue; both are data.
            streams.QueueCount = 1;
            // An item is half a megabyte and one event at most (FeedBatch.FullBytes); one that were refused would be tried again for ever.
            streams.MaxMessageBytes = 16 * 1024 * 1024;
        });
        silo.AddLeased(service, "relay", settings.Name, static (provider, lease) => ActivatorUtilities.CreateInstance<Relay.Relay>(
            provider, lease.Service, ActivatorUtilities.CreateInstance<PostgresRelayCursor>(provider, lease)));
    }

    private static Roles RolesOf(ProcessSettings settings)
    {
        try
        {
            return Roles.Parse(settings.Roles);
        }
        catch (FormatException unknown)
        {
            throw new SettingsException(unknown.Message);
        }
    }
}
