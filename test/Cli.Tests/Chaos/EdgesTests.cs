using System.Net;
using System.Net.Sockets;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Clusters;
using Commerce.ServiceDefaults;
using Commerce.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;
using Laboratory = Commerce.ServiceDefaults.Laboratory;

namespace Commerce.Cli.Tests.Chaos;

public sealed class EdgesTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public EdgesTests() => _server.Start();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_proxy_cuts_in_the_middle_of_a_message_after_so_many_bytes()
    {
        await using var proxy = new TcpProxy(Port);
        var (client, server) = await Connect(proxy);
        using (client)
        using (server)
        {
            proxy.CutAfter(3);
            await client.SendAsync("hello"u8.ToArray());
            (await ToTheEnd(server)).ShouldBe("hel"u8.ToArray());
        }
    }

    [Fact]
    public async Task A_proxy_swallows_what_one_side_says_and_passes_what_the_other_says()
    {
        await using var proxy = new TcpProxy(Port) { Swallows = static (_, answers) => !answers };
        var (client, server) = await Connect(proxy);
        using (client)
        using (server)
        {
            await client.SendAsync("hello"u8.ToArray());
            await server.SendAsync("answer"u8.ToArray());
            var buffer = new byte[16];
            (await client.ReceiveAsync(buffer)).ShouldBe(6);
            server.Available.ShouldBe(0);
        }
    }

    [Fact]
    public async Task The_process_that_owns_a_connection_is_found()
    {
        await using var proxy = new TcpProxy(Port);
        var (client, server) = await Connect(proxy);
        using (client)
        using (server)
            SocketOwner.Of(((IPEndPoint)client.LocalEndPoint!).Port, [("nobody", 1), ("me", Environment.ProcessId)]).ShouldBe("me");
    }

    [Fact]
    public async Task Every_process_reaches_the_payment_provider_through_an_edge_of_its_own()
    {
        await using var edges = new Edges(new ClusterFolder("/nowhere"), ClusterConnections.Of(null, new ServersGiven(null, null, null), static _ => true, new Random(1)), new Dictionary<string, string>());
        var (one, other) = (edges.ProviderOf("silo-1", new Uri($"http://127.0.0.1:{Port}")), edges.ProviderOf("silo-2", new Uri($"http://127.0.0.1:{Port}")));
        one.Port.ShouldNotBe(other.Port);
        edges.ProviderOf("silo-1", new Uri($"http://127.0.0.1:{Port}")).ShouldBe(one);

        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, one.Port);
        using var server = await _server.AcceptSocketAsync();
        await client.SendAsync("hello"u8.ToArray());
        (await server.ReceiveAsync(new byte[16])).ShouldBe(5);
        edges.ToProvider.Sum(edge => edge.Passed).ShouldBe(5);
    }

    [Fact]
    public async Task Every_time_a_process_breaks_its_promise_is_counted()
    {
        var folder = new ClusterFolder(Directory.CreateTempSubdirectory("edges-").FullName);
        folder.Make();
        await using var edges = new Edges(folder, ClusterConnections.Of(null, new ServersGiven(null, null, null), static _ => true, new Random(1)), new Dictionary<string, string>());
        var orders = new ConfigurationBuilder().AddInMemoryCollection(edges.VariablesOf("silo-1").Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value))).Build();
        using var laboratory = Laboratory.Of(orders, new HostingEnvironment { EnvironmentName = "Laboratory" })!;
        edges.Broken.ShouldBe(0);

        laboratory.Broke("cart/t1/A");
        laboratory.Broke("cart/t1/A");
        edges.Broken.ShouldBe(2);
        Directory.Delete(folder.Root, recursive: true);
    }

    private int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    private async Task<(Socket Client, Socket Server)> Connect(TcpProxy proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        return (client, await _server.AcceptSocketAsync());
    }

    private static async Task<byte[]> ToTheEnd(Socket socket)
    {
        var (all, buffer) = (new List<byte>(), new byte[16]);
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var read) all.AddRange(buffer[..read]);
        }
        catch (SocketException)
        {
            // Cut.
        }

        return [.. all];
    }
}
