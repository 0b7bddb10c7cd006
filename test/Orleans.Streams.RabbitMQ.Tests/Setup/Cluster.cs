using Commerce.Kit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>A cluster in this process whose silos stream over a provider called <see cref="Provider"/>.</summary>
public sealed class Cluster : IAsyncDisposable
{
    public const string Provider = "stream";

    private Cluster(InProcessTestCluster silos) => Silos = silos;

    public InProcessTestCluster Silos { get; }

    public IGrainFactory Grains => Silos.Client;

    /// <param name="silos">How many silos start.</param>
    /// <param name="configure">Gets the silo's name and builder; adds the provider.</param>
    /// <param name="configureClient">Configures the client.</param>
    public static async Task<Cluster> Start(int silos, Action<string, ISiloBuilder> configure, Action<IClientBuilder>? configureClient = null)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.ServiceId = Guid.CreateVersion7().ToString("N");
        builder.Options.AssumeHomogenousSilosForTesting = false;
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((options, silo) =>
        {
            if (Environment.GetEnvironmentVariable("STREAMS_LOG") is { Length: > 0 })
                silo.Services.AddLogging(l => l.AddSimpleConsole().AddFilter("Orleans", LogLevel.Warning).AddFilter("Orleans.Streams", LogLevel.Information));
            var log = new RecordedLog();
            silo.Services.AddSingleton(log).AddLogging(l => l.AddProvider(log));
            configure(options.SiloName, silo);
        });
        if (configureClient is not null)
            builder.ConfigureClient(configureClient);
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new Cluster(cluster);
    }

    /// <summary>A cluster on RabbitMQ, with options tight enough for tests.</summary>
    public static Task<Cluster> OnRabbitMq(
        int silos, int port, Action<RabbitMqStreamOptions>? options = null, Action<ISiloPersistentStreamConfigurator>? streams = null, Func<string, bool>? hosts = null) =>
        Start(silos, (name, silo) =>
        {
            if (hosts?.Invoke(name) is not false)
                AddRabbitMq(silo, Provider, port, options, streams);
        });

    public static void AddRabbitMq(
        ISiloBuilder silo, string provider, int port, Action<RabbitMqStreamOptions>? options = null, Action<ISiloPersistentStreamConfigurator>? streams = null) =>
        silo.AddRabbitMqStreams(provider,
            o =>
            {
                Use(o, port);
                (o.ReconnectDelay, o.MaxReconnectDelay) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200));
                // A loaded machine may need its time for what is sound.
                o.PublishTimeout = TimeSpan.FromMinutes(2);
                options?.Invoke(o);
            },
            s =>
            {
                s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                streams?.Invoke(s);
            });

    /// <summary>Where the broker is, and how many queues all silos and clients of a cluster know.</summary>
    public static void Use(RabbitMqStreamOptions options, int port) =>
        (options.Hosts, options.UserName, options.Password, options.QueueCount) = ($"127.0.0.1:{port}", RabbitMqServer.User, RabbitMqServer.User, 4);

    /// <summary>What the library wrote on one silo.</summary>
    public static RecordedLog LogOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<RecordedLog>();

    public IProducerGrain Producer(Guid stream) => Grains.GetGrain<IProducerGrain>(stream);

    /// <summary>As one silo knows it: a client may not yet have heard which silo hosts the grains.</summary>
    public static IProducerGrain ProducerSeenBy(InProcessSiloHandle silo, Guid stream) => silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IProducerGrain>(stream);

    /// <summary>A service of the provider on the first silo that hosts it.</summary>
    public T Service<T>(string provider = Provider) where T : notnull =>
        Silos.Silos.Select(s => s.ServiceProvider.GetKeyedService<T>(provider)).First(s => s is not null)!;

    public static T ServiceOf<T>(InProcessSiloHandle silo) where T : notnull => silo.ServiceProvider.GetRequiredKeyedService<T>(Provider);

    public async ValueTask DisposeAsync()
    {
        await Silos.StopAllSilosAsync();
        await Silos.DisposeAsync();
    }
}
