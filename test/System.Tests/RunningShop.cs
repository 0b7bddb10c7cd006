using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Commerce.Cli.Shops;
using Commerce.Cli.Verify;
using Commerce.Kit.Payments;
using Commerce.Silo.Journal;
using Microsoft.AspNetCore.Builder;

namespace Commerce.System.Tests;

/// <summary>A whole shop in this process on a folder and a port of its own, spoken to over HTTP as anybody would.</summary>
public sealed class RunningShop : IAsyncDisposable
{
    private const string Token = "operator-token-of-the-test";
    private readonly WebApplication _app;
    private readonly DataFolder _held;

    private RunningShop(WebApplication app, DataFolder held, int port)
    {
        (_app, _held, Folder, Port, Url) = (app, held, held.Path, port, $"http://127.0.0.1:{port}");
        Guest = Client(port);
        Operator = Client(port);
        Operator.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public string Folder { get; }

    public int Port { get; }

    public string Url { get; }

    public HttpClient Guest { get; }

    public HttpClient Operator { get; }

    public static Task<RunningShop> Start(string? folder = null) => Start(folder ?? Directory.CreateTempSubdirectory("commerce-test-").FullName, FreePort(), null);

    /// <summary>A shop whose payments are with a simulator, as its folder says.</summary>
    public static async Task<RunningShop> Start(string folder, int port, RunningSimulator? simulator)
    {
        if (simulator is not null)
        {
            var secret = Path.Combine(folder, "psp.key");
            File.WriteAllText(secret, RunningSimulator.Secret);
            File.WriteAllText(Path.Combine(folder, "payments.json"), JsonSerializer.Serialize(new { Provider = "simulator", simulator.Url, SecretFile = secret }));
        }

        var held = DataFolder.Open(folder);
        File.WriteAllText(Path.Combine(folder, "operator-token"), Token);
        var app = EmbeddedShop.Build(held, port, Token, simulator?.Settings);
        await app.StartAsync();
        return new RunningShop(app, held, port);
    }

    public async Task Product(string sku, int stock, long minor = 150)
    {
        (await Post(Operator, "/v1/admin/products", new { sku, title = $"Title of {sku}", price = new { minor, currency = "GBP" } })).Ok(HttpStatusCode.Created);
        if (stock > 0) (await Post(Operator, $"/v1/admin/stock/{sku}/adjustments", new { delta = stock, reason = "delivery" })).Ok();
    }

    public async Task<string> Cart(params (string Sku, int Quantity)[] lines)
    {
        var cart = (await Post(Guest, "/v1/carts", new { currency = "GBP" })).Ok(HttpStatusCode.Created).Text("id");
        (await Post(Guest, $"/v1/carts/{cart}/lines", new { lines = lines.Select(l => new { sku = l.Sku, quantity = l.Quantity }) })).Ok();
        return cart;
    }

    public Task<Answer> CheckOut(string cart, string token = "tok_ok", string? key = null, int wait = 30) => CheckOut(Guest, cart, token, key, wait);

    /// <summary>Without a token the order waits to be paid.</summary>
    public static Task<Answer> CheckOut(HttpClient shopper, string cart, string? token, string? key = null, int wait = 30, string? quoteHash = null) =>
        Post(shopper, "/v1/checkouts", new
        {
            cartId = cart, quoteHash, contact = new { email = "shopper@example.org" },
            shippingAddress = new { name = "A Shopper", line1 = "1 High Street", city = "Leeds", postcode = "LS1 1AA", country = "GB" },
            payment = token is null ? null : new { token },
        }, key, wait);

    public static async Task<Answer> Post(HttpClient client, string path, object body, string? key = null, int? wait = null, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        if (wait is not null) request.Headers.Add("Prefer", $"wait={wait}");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request);
        return await Answer.Of(response);
    }

    public static async Task<Answer> Get(HttpClient client, string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request);
        return await Answer.Of(response);
    }

    public async Task Stop()
    {
        Guest.Dispose();
        Operator.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _held.Dispose();
    }

    /// <summary>The invariants over all that is stored; what does not hold is the test's failure.</summary>
    public async Task Verify() => (await Audit.Run(Folder, TimeProvider.System.GetUtcNow())).Invariants.SelectMany(rule => rule.Violations).ShouldBeEmpty();

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Directory.Delete(Folder, recursive: true);
    }

    private static HttpClient Client(int port) => new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(100) };

    // Below the range the system itself hands out, so that nobody is given it between here and its use.
    internal static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 30_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }
}

/// <summary>What the shop answered.</summary>
public sealed record Answer(HttpStatusCode Status, JsonElement Body, string Raw, bool Replayed, TimeSpan? RetryAfter)
{
    public static async Task<Answer> Of(HttpResponseMessage response)
    {
        var raw = await response.Content.ReadAsStringAsync();
        return new(response.StatusCode, raw.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(raw), raw, response.Headers.Contains("Idempotent-Replayed"),
            response.Headers.RetryAfter?.Delta);
    }

    public Answer Ok(HttpStatusCode expected = HttpStatusCode.OK)
    {
        Status.ShouldBe(expected, Raw);
        return this;
    }

    public string Text(string property) => Body.GetProperty(property).GetString()!;
}
