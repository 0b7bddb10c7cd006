using System.Net.Http.Json;
using Commerce.Cli.Clusters;
using Commerce.Kit.Servers;
using Commerce.Servers;
using Npgsql;

namespace Commerce.Cli.Tests.Bench;

/// <summary>What bounds the shop makes the appends it is said to make, each durable when the shopper is answered.</summary>
public sealed class SkeletonTests(SkeletonServer server) : IClassFixture<SkeletonServer>
{
    private static readonly string[] Services = ["cart", "inventory", "order", "payment"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // A cart of three, of which adding them is one append, whatever the shape.
    [Theory]
    [InlineData("whole", new[] { 1 + 2, 3 + 3, 2, 2 })]
    [InlineData("budget", new[] { 1 + 1, 3, 2, 1 })]
    [InlineData("least", new[] { 1, 3, 1, 0 })]
    public async Task A_checkout_of_three_appends_what_its_shape_says(string shape, int[] appends)
    {
        var ports = FreePorts.Take(3);
        var variables = new Dictionary<string, string> { ["Http"] = $"http://127.0.0.1:{ports[0]}", ["SiloPort"] = $"{ports[1]}", ["GatewayPort"] = $"{ports[2]}", ["Shape"] = shape };
        foreach (var service in Services) variables[$"ConnectionStrings__{service}"] = await server.Create($"{shape}_{service}");
        await using var skeleton = ServerProcess.Start("dotnet", [Programs.Find("Skeleton")], variables, AppContext.BaseDirectory);
        await skeleton.AcceptsConnections(ports[0], TimeSpan.FromSeconds(60), Cancel);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };

        var cart = (await Post(http, "/v1/carts", new { currency = "GBP" })).Id;
        await Post(http, $"/v1/carts/{cart}/lines", new { lines = new[] { "A", "B", "C" }.Select(sku => new { sku, quantity = 1 }) });
        await Post(http, "/v1/checkouts", new
        {
            cartId = cart, contact = new { email = "a@b.c" }, payment = new { token = "tok_ok" },
            shippingAddress = new { name = "A", line1 = "1", city = "C", postcode = "P", country = "GB" },
        });
        while (await http.GetStringAsync("/idle", Cancel) != "yes") await Task.Delay(20, Cancel);

        var stored = new List<int>();
        foreach (var service in Services) stored.Add(await server.Appends($"{shape}_{service}"));
        stored.ShouldBe(appends);
    }

    private static async Task<Opened> Post(HttpClient http, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", "0123456789abcdef" } } };
        using var answer = await http.SendAsync(request, Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<Opened>(Cancel))!;
    }

    private sealed record Opened(string? Id);
}

/// <summary>A server with the databases of skeletons.</summary>
public sealed class SkeletonServer : IAsyncLifetime
{
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public async Task<string> Create(string database)
    {
        await Ask("postgres", $"create database {database}");
        return _server.ConnectionString(database);
    }

    public async Task<int> Appends(string database) => (int)(long)(await Ask(database, "select position from head"))!;

    private async Task<object?> Ask(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(_server.ConnectionString(database));
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
