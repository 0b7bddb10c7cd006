using System.Collections.Concurrent;
using System.Diagnostics;
using Commerce.Kit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace Orleans.Streams.RabbitMQ.Bench;

/// <summary>One silo, one broker: events published with a window of unconfirmed ones per stream, and received by a grain per stream.</summary>
internal static class Throughput
{
    public static async Task<int> Run(int events, int streams, int window, int batch)
    {
        await using var broker = await RabbitMqServer.Start();
        using var host = await Start(broker.Port, batch);
        Console.WriteLine($"{events} events over {streams} streams, {window} unconfirmed per stream, a consumer takes {batch} per call, {Environment.ProcessorCount} cores");
        await Measure(host, broker, "warm-up", "coalesced", events / 5, streams, window);
        var coalesced = await Measure(host, broker, "coalesced", "coalesced", events, streams, window);
        await Measure(host, broker, "warm-up", "single", events / 20, streams, window);
        var single = await Measure(host, broker, "one message per event", "single", events / 5, streams, window);
        Console.WriteLine($"coalesced / one per event = {coalesced / single:0.0}");
        await host.StopAsync();
        return 0;
    }

    private static async Task<IHost> Start(int port, int batch)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleans(silo =>
        {
            var ports = FreePorts.Take(2);
            silo.UseLocalhostClustering(ports[0], ports[1]);
            silo.Configure<ClusterOptions>(o => o.ServiceId = "bench");
            foreach (var (name, perMessage) in (ReadOnlySpan<(string, int)>)[("coalesced", 256), ("single", 1)])
            {
                silo.AddRabbitMqStreams(name,
                    o => (o.Hosts, o.UserName, o.Password, o.QueueCount, o.MaxBatchesPerMessage, o.Prefetch) =
                        ($"127.0.0.1:{port}", "kit", "kit", 4, perMessage, perMessage == 1 ? (ushort)1000 : (ushort)32),
                    s =>
                    {
                        s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                        // Both alike: a consumer takes up to so many events in one call.
                        s.ConfigurePullingAgent(ob => ob.Configure(o => o.BatchContainerBatchSize = batch));
                    });
            }
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<double> Measure(IHost host, RabbitMqServer broker, string title, string provider, int events, int streams, int window)
    {
        // Every stream gets the same share; the remainder is not sent.
        events -= events % streams;
        var meter = new Meter(events);
        Meter.Current = meter;
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var (app, server, watch) = (Process.GetCurrentProcess().TotalProcessorTime, broker.Cpu, Stopwatch.StartNew());
        var producing = Task.WhenAll(Enumerable.Range(0, streams).Select(i => grains.GetGrain<IBenchProducer>($"{provider}/{Guid.CreateVersion7():N}").Run(provider, events / streams, window)));
        await meter.Done.WaitAsync(TimeSpan.FromMinutes(5));
        var seconds = watch.Elapsed.TotalSeconds;
        await producing;
        var (appMicros, brokerMicros) = ((Process.GetCurrentProcess().TotalProcessorTime - app).TotalMicroseconds / events, (broker.Cpu - server).TotalMicroseconds / events);
        var latencies = meter.Latencies.Order().ToArray();
        Console.WriteLine($"{title,-22} {events / seconds,9:0} events/s   p50 {latencies[latencies.Length / 2],7:0.0} ms   p99 {latencies[latencies.Length * 99 / 100],7:0.0} ms   " +
                          $"CPU/event: application {appMicros,5:0.0} µs, broker {brokerMicros,5:0.0} µs");
        return events / seconds;
    }
}

internal sealed class Meter(int expected)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _received;

    public static Meter Current { get; set; } = new(0);

    public ConcurrentQueue<double> Latencies { get; } = new();

    public Task Done => _done.Task;

    public void Received(BenchEvent e)
    {
        var count = Interlocked.Increment(ref _received);
        if (count % 16 == 0)
            Latencies.Enqueue(Stopwatch.GetElapsedTime(e.SentAt).TotalMilliseconds);
        if (count >= expected)
            _done.TrySetResult();
    }
}

[GenerateSerializer, Immutable, Alias("bench.event")]
internal sealed record BenchEvent([property: Id(0)] int Number, [property: Id(1)] long SentAt, [property: Id(2)] string Payload);

internal interface IBenchProducer : IGrainWithStringKey
{
    [ResponseTimeout("00:05:00")]
    Task Run(string provider, int count, int window);
}

internal sealed class BenchProducer : Grain, IBenchProducer
{
    private static readonly string Payload = new('x', 100);

    public async Task Run(string provider, int count, int window)
    {
        var stream = this.GetStreamProvider(provider).GetStream<BenchEvent>(StreamId.Create("bench", this.GetPrimaryKeyString()));
        var sent = new Queue<Task>();
        for (var i = 0; i < count; i++)
        {
            sent.Enqueue(stream.OnNextAsync(new BenchEvent(i, Stopwatch.GetTimestamp(), Payload)));
            if (sent.Count >= window)
                await sent.Dequeue();
        }

        await Task.WhenAll(sent);
    }
}

[ImplicitStreamSubscription("bench")]
internal sealed class BenchConsumer : Grain, IGrainWithStringKey, IStreamSubscriptionObserver, IAsyncObserver<BenchEvent>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<BenchEvent>().ResumeAsync(this);

    public Task OnNextAsync(BenchEvent item, StreamSequenceToken? token = null)
    {
        Meter.Current.Received(item);
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
