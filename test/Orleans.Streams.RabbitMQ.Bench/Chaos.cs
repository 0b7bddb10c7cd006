using System.Diagnostics;
using System.Net;
using Commerce.Kit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Streams.RabbitMQ.Bench;

/// <summary>
/// Rounds of <c>kill -9</c> in mid-stream: a silo, the broker, both, by a seed. A client publishes without a pause and remembers what was
/// confirmed; at the end every confirmed event must have been received. Duplicates are allowed and counted.
/// </summary>
internal static class Chaos
{
    private const int Streams = 8;

    public static async Task<int> Run(int rounds, int seed)
    {
        Console.WriteLine($"seed {seed}, {rounds} rounds");
        var random = new Random(seed);
        var folder = Directory.CreateTempSubdirectory("chaos-");
        await using var broker = await RabbitMqServer.Start();
        var ports = FreePorts.Take(2);
        using var primary = await StartPrimary(ports[0], ports[1]);
        var silos = new List<Process> { await StartSilo(ports[0], broker.Port, folder), await StartSilo(ports[0], broker.Port, folder) };
        using var client = await StartClient(ports[1], broker.Port);
        using var stop = new CancellationTokenSource();
        var publishers = Enumerable.Range(0, Streams).Select(i => Publish(client, i, stop.Token)).ToList();

        for (var round = 1; round <= rounds; round++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500 + random.Next(1500)));
            var (killSilo, killBroker) = random.Next(3) switch { 0 => (true, false), 1 => (false, true), _ => (true, true) };
            var victim = random.Next(silos.Count);
            Console.WriteLine($"round {round,2}: kill -9 {(killSilo ? "silo " : "")}{(killBroker ? "broker" : "")}");
            if (killSilo)
                silos[victim].Kill();
            if (killBroker)
                await broker.Kill();
            if (killSilo)
            {
                await silos[victim].WaitForExitAsync();
                silos[victim].Dispose();
                silos[victim] = await StartSilo(ports[0], broker.Port, folder);
            }

            if (killBroker)
                await broker.Restart();
        }

        await stop.CancelAsync();
        var published = await Task.WhenAll(publishers);
        var (missing, duplicates) = await Settle(folder, published);
        var confirmed = published.Sum(p => p.Count);
        Console.WriteLine($"confirmed {confirmed}, missing {missing}, duplicates {duplicates} ({100.0 * duplicates / Math.Max(1, confirmed):0.00} %)");
        foreach (var silo in silos)
            silo.Kill();
        await client.StopAsync();
        await primary.StopAsync();
        folder.Delete(recursive: true);
        return missing == 0 ? 0 : 1;
    }

    private static async Task<HashSet<int>> Publish(IHost client, int number, CancellationToken stop)
    {
        var confirmed = new HashSet<int>();
        var stream = client.Services.GetRequiredService<IClusterClient>().GetStreamProvider(ChildSilo.Provider).GetStream<ChaosEvent>(StreamId.Create("chaos", $"{number}"));
        for (var i = 1; !stop.IsCancellationRequested; i++)
        {
            try
            {
                await stream.OnNextAsync(new ChaosEvent(number, i));
                confirmed.Add(i);
            }
            catch (RabbitMqPublishException)
            {
                // Unknown or refused: not counted, and not required to arrive.
            }
        }

        return confirmed;
    }

    private static async Task<(int Missing, int Duplicates)> Settle(DirectoryInfo folder, HashSet<int>[] published)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var received = Enumerable.Range(0, Streams).Select(_ => new Dictionary<int, int>()).ToArray();
            foreach (var file in folder.GetFiles("*.received"))
            {
                using var reader = new StreamReader(new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
                while (await reader.ReadLineAsync() is { } line)
                {
                    // A kill may tear the last line of a file.
                    if (line.Split(' ') is [var stream, var number] && int.TryParse(stream, out var s) && int.TryParse(number, out var n))
                        received[s][n] = received[s].GetValueOrDefault(n) + 1;
                }
            }

            var missing = published.Select((p, s) => p.Count(n => !received[s].ContainsKey(n))).Sum();
            if (missing == 0 || waited.Elapsed > TimeSpan.FromSeconds(120))
                return (missing, received.Sum(r => r.Values.Sum(c => c - 1)));
            await Task.Delay(500);
        }
    }

    // The primary keeps the membership table; it hosts neither the provider nor a consumer, and is never killed.
    private static async Task<IHost> StartPrimary(int port, int gateway)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Critical);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gateway, null, ChildSilo.Cluster, ChildSilo.Cluster);
            silo.Services.PostConfigure<GrainTypeOptions>(o => o.Classes.RemoveWhere(c => c == typeof(ChaosConsumer)));
            ChildSilo.Probes(silo);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<IHost> StartClient(int gateway, int broker)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Critical);
        builder.UseOrleansClient(client => client
            .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, gateway))
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (ChildSilo.Cluster, ChildSilo.Cluster))
            .AddRabbitMqStreams(ChildSilo.Provider, o => ChildSilo.Options(o, broker)));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<Process> StartSilo(int primary, int broker, DirectoryInfo folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["silo", $"{primary}", $"{FreePorts.Take(1)[0]}", $"{broker}", folder.FullName])
            start.ArgumentList.Add(argument);
        var silo = Process.Start(start)!;
        while (await silo.StandardOutput.ReadLineAsync() is { } line && line != "up")
        {
        }

        return silo;
    }
}
