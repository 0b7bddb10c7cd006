using System.Net.Http.Json;
using Commerce.Cli.Clusters;
using Commerce.Kit.Servers;
using Commerce.Servers;
using Npgsql;

namespace Commerce.Cli.Tests.Bench;

/// <summary>What bounds the shop makes the appends it is said to make, each durable when the shopper is answered.</summary>
public sealed class SkeletonTests(BenchServer server) : IClassFixture<BenchServer>
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
        var databases = new List<string>();
        foreach (var service in Services)
        {
            databases.Add(await server.Database());
            variables[$"ConnectionStrings__{service}"] = databases[^1];
        }

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
        foreach (var database in databases) stored.Add(await Appends(database));
        stored.ShouldBe(appends);
    }

    private static async Task<Opened> Post(HttpClient http, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", "0123456789abcdef" } } };
        using var answer = await http.SendAsync(request, Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<Opened>(Cancel))!;
    }

    private static async Task<int> Appends(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var head = source.CreateCommand("select position from head");
        return (int)(long)(await head.ExecuteScalarAsync(Cancel))!;
    }

    private sealed record Opened(string? Id);
}
