using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Orleans.Metadata;
using Orleans.Serialization;
using Orleans.Streams.RabbitMQ.Balancing;
using Orleans.Streams.RabbitMQ.Diagnostics;
using Orleans.Streams.RabbitMQ.Failures;

namespace Orleans.Streams.RabbitMQ;

/// <summary>Adds RabbitMQ stream providers to silos, clients and health checks. Several providers live side by side under different names.</summary>
public static class RabbitMqStreamsExtensions
{
    /// <summary>Adds a provider to a silo, which then publishes and takes its share of the queues, or one of both (<see cref="RabbitMqStreamOptions.Direction"/>).</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">The provider's name: part of the queues' names, so a data format.</param>
    /// <param name="configure">Its options.</param>
    /// <param name="configureStreams">Orleans' own knobs: pulling agent, pub-sub, lifecycle.</param>
    public static ISiloBuilder AddRabbitMqStreams(
        this ISiloBuilder silo, string name, Action<RabbitMqStreamOptions> configure, Action<ISiloPersistentStreamConfigurator>? configureStreams = null)
    {
        AddShared(silo.Services, name, configure);
        var streams = new SiloPersistentStreamConfigurator(name, add => add(silo.Services), Factory);
        streams.ConfigurePullingAgent(ob => ob.Configure(o => o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10)));
        streams.ConfigurePartitionBalancing((services, provider) => new AnnouncedQueueBalancer(services, provider, Options(services, provider).Has(Cure.DealToHosts)));
        silo.Services.AddSingleton<IGrainPropertiesProvider>(s => new ProviderAnnouncement(name, Options(s, name)));
        if (!silo.Services.Any(s => s.ImplementationType == typeof(DeliveryFilter)))
            silo.AddOutgoingGrainCallFilter<DeliveryFilter>();
        configureStreams?.Invoke(streams);
        return silo;
    }

    /// <summary>Adds a provider to a client, which publishes; its subscriptions are served by the silos that host the provider.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The provider's name, the same as on the silos.</param>
    /// <param name="configure">Its options; names, prefix and queue count the same as on the silos.</param>
    /// <param name="configureStreams">Orleans' own knobs.</param>
    public static IClientBuilder AddRabbitMqStreams(
        this IClientBuilder client, string name, Action<RabbitMqStreamOptions> configure, Action<IClusterClientPersistentStreamConfigurator>? configureStreams = null)
    {
        AddShared(client.Services, name, configure);
        var streams = new ClusterClientPersistentStreamConfigurator(name, client, Factory);
        configureStreams?.Invoke(streams);
        return client;
    }

    /// <summary>Adds a health check that looks at a provider's connections and opens none.</summary>
    /// <param name="checks">The application's health checks.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="failureStatus">What a missing connection means. Default: unhealthy.</param>
    /// <param name="tags">Tags of the check, which is called <c>rabbitmq-streams-{name}</c>.</param>
    public static IHealthChecksBuilder AddRabbitMqStreams(
        this IHealthChecksBuilder checks, string name, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null) =>
        checks.Add(new HealthCheckRegistration($"rabbitmq-streams-{name}",
            services => new BrokerHealthCheck(services.GetRequiredKeyedService<RabbitMqAdapterFactory>(name).Connections), failureStatus, tags));

    private static RabbitMqAdapterFactory Factory(IServiceProvider services, string name) => services.GetRequiredKeyedService<RabbitMqAdapterFactory>(name);

    private static void AddShared(IServiceCollection services, string name, Action<RabbitMqStreamOptions> configure)
    {
        services.AddMetrics();
        services.AddSerializer(s => s.AddAssembly(typeof(RabbitMqStreamsExtensions).Assembly));
        services.AddOptions<RabbitMqStreamOptions>(name).Configure(configure);
        services.AddKeyedSingleton(name, (s, _) => RabbitMqAdapterFactory.Create(s, name));
        services.AddKeyedSingleton<IRabbitMqDeadLetters>(name, (s, _) => s.GetRequiredKeyedService<RabbitMqAdapterFactory>(name).Connections);
        services.AddTransient<IConfigurationValidator>(s => new RabbitMqStreamOptionsValidator(Options(s, name), name));
    }

    private static RabbitMqStreamOptions Options(IServiceProvider services, string name) => services.GetRequiredService<IOptionsMonitor<RabbitMqStreamOptions>>().Get(name);
}
