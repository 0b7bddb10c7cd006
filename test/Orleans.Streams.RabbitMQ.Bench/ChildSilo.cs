using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace Orleans.Streams.RabbitMQ.Bench;

/// <summary>A silo in a process of its own, to be killed. What its consumers receive they append to a file, which survives the process.</summary>
internal static class ChildSilo
{
    public const string Provider = "chaos";
    public const string Cluster = "chaos";

    public static string? Folder { get; private set; }

    public static async Task<int> Run(int primary, int port, int broker, string folder)
    {
        Folder = folder;
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Critical);
        builder.UseOrleans(silo =>
        {
            silo.UseDevelopmentClustering(new IPEndPoint(IPAddress.Loopback, primary));
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (Cluster, Cluster));
            silo.Configure<EndpointOptions>(o => (o.AdvertisedIPAddress, o.SiloPort, o.GatewayPort) = (IPAddress.Loopback, port, 0));
            Probes(silo);
            silo.AddRabbitMqStreams(Provider, o => Options(o, broker), s => s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
        });
        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine("up");
        // The parent's end of our input closes when it dies; a silo nobody owns must not live on.
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        Environment.Exit(0);
        return 0;
    }

    public static void Probes(ISiloBuilder silo) =>
        silo.Configure<ClusterMembershipOptions>(o => (o.ProbeTimeout, o.NumMissedProbesLimit, o.NumVotesForDeathDeclaration) = (TimeSpan.FromSeconds(1), 3, 1));

    public static void Options(RabbitMqStreamOptions o, int broker) =>
        (o.Hosts, o.UserName, o.Password, o.QueueCount, o.NamePrefix, o.PublishTimeout) =
        ($"127.0.0.1:{broker}", "kit", "kit", 4, "chaos", TimeSpan.FromSeconds(60));
}

[GenerateSerializer, Immutable, Alias("chaos.event")]
internal sealed record ChaosEvent([property: Id(0)] int Stream, [property: Id(1)] int Number);

[ImplicitStreamSubscription("chaos")]
internal sealed class ChaosConsumer : Grain, IGrainWithStringKey, IStreamSubscriptionObserver, IAsyncObserver<ChaosEvent>
{
    private FileStream? _file;

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<ChaosEvent>().ResumeAsync(this);

    public async Task OnNextAsync(ChaosEvent item, StreamSequenceToken? token = null)
    {
        _file ??= new FileStream(Path.Combine(ChildSilo.Folder!, $"{Environment.ProcessId}-{item.Stream}.received"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        // Written through to the system: a killed process keeps it.
        await _file.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{item.Stream} {item.Number}\n"));
        await _file.FlushAsync();
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_file is not null)
            await _file.DisposeAsync();
    }
}
