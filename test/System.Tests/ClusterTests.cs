using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json;
using Npgsql;

namespace Commerce.System.Tests;

/// <summary>A cluster on private servers: a scaling, a kill, an outage of a role, a broker that forgot everything and a dropped database, while it sells.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ClusterTests : IDisposable
{
    private const int Stocked = 100_000;

    // The servers' own users must be able to pass through it.
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;
    private readonly int _port = RunningShop.FreePort();

    public ClusterTests() =>
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_cluster_sells_while_it_is_scaled_while_a_silo_is_killed_while_a_role_is_away_and_while_its_broker_begins_anew()
    {
        var data = Path.Combine(_folder, "shop");
        await using var collector = await Collector.Start();
        using var up = await Commerce.Up(data, _port, collector.Variables, "--cluster", "--roles", "catalog,cart,order,payment,customer;inventory");
        using var guest = Client();
        using var merchant = Client();
        merchant.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(data, "operator-token")).Trim());
        (await RunningShop.Post(merchant, "/v1/admin/products", new { sku = "TEA", title = "Tea", price = new { minor = 150, currency = "GBP" } })).Ok(HttpStatusCode.Created);
        (await RunningShop.Post(merchant, "/v1/admin/stock/TEA/adjustments", new { delta = Stocked, reason = "delivery" })).Ok();

        await IsSeen(collector, guest, merchant);

        var scaled = await WhileSelling(guest, async () =>
        {
            await Do(data, "scale", "silo=4");
            await Do(data, "scale", "silo=2");
        });
        scaled.Answers.ShouldAllBe(status => status == HttpStatusCode.Created);

        // The broker goes with all its queues and users, and orders are taken all the same.
        await Do(data, "drain", "rabbitmq");
        Directory.Delete(Path.Combine(data, "rabbitmq"), recursive: true);
        var killed = await WhileSelling(guest, async () =>
        {
            await Do(data, "kill", "silo-1");
            (await Eventually(() => Runs(data, "silo-1"))).ShouldBeTrue("a silo that was killed is started again");
        });
        var broker = Do(data, "start", "rabbitmq");
        killed.Answers.Distinct().ShouldBeSubsetOf([HttpStatusCode.Created, HttpStatusCode.ServiceUnavailable]);

        await Do(data, "drain", "silo-2");
        var waiting = await RunningShop.CheckOut(guest, await Cart(guest), "tok_ok", wait: 2);
        (waiting.Status, waiting.Text("status")).ShouldBe((HttpStatusCode.Accepted, "reserving"));
        using (var refused = await merchant.GetAsync("/v1/admin/stock/TEA"))
            (refused.StatusCode, refused.Headers.RetryAfter is null).ShouldBe((HttpStatusCode.ServiceUnavailable, false));

        await Do(data, "start", "silo-2");
        await Confirmed(guest, waiting);

        var sold = 1 + scaled.Orders + killed.Orders + 1;
        (await Eventually(async () => (await RunningShop.Get(merchant, "/v1/admin/stock/TEA")).Body is { ValueKind: JsonValueKind.Object } stock
            && stock.TryGetProperty("onHand", out var onHand) && onHand.GetInt32() == Stocked - sold)).ShouldBeTrue($"{sold} orders were confirmed");
        await broker;
        await NothingIsMissing(data, merchant);
        var verified = await Commerce.Run("verify", "--data", data);
        verified.Exit.ShouldBe(0, verified.Output + verified.Errors);
        (await up.Terminate()).ShouldBe(0);
    }

    // What was published to nobody comes again or is read from the feeds; a database that was dropped is folded anew, to the same figures.
    private static async Task NothingIsMissing(string data, HttpClient merchant)
    {
        (await Eventually(async () => await RunningShop.Get(merchant, "/v1/analytics/lag") is { Status: HttpStatusCode.OK } lag && lag.Body.GetProperty("caughtUp").GetBoolean()))
            .ShouldBeTrue("analytics catches up with a broker that was made anew");
        var before = await Checksums(merchant);

        var admin = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(data, "connections.json"))).GetProperty("postgres").GetProperty("admin");
        await using (var postgres = new NpgsqlConnection(admin.GetProperty("connectionString").GetString() + ";Pooling=false"))
        {
            await postgres.OpenAsync();
            await using var drop = new NpgsqlCommand("drop database commerce_analytics with (force)", postgres);
            await drop.ExecuteNonQueryAsync();
        }

        await Do(data, "analytics", "rebuild");
        (await Checksums(merchant)).ShouldBe(before);
    }

    private static async Task<string> Checksums(HttpClient merchant) =>
        (await RunningShop.Get(merchant, "/v1/analytics/checksums")).Ok().Body.GetProperty("checksums").GetRawText();

    // One checkout: its trace crosses every process, and the dashboard and the interface's description show the cluster to whom they should.
    private static async Task IsSeen(Collector collector, HttpClient guest, HttpClient merchant)
    {
        var (trace, cart) = await Traced.Checkout(guest, "TEA");
        await Traced.Reaches(
            collector, trace, ("gateway", "POST /v1/checkouts"), ("silo", "append order"), ("silo", "append inventory"), ("silo", "publish order"), ("silo", "publish"), ("analytics", "apply order"));
        collector.Saw(cart).ShouldBeFalse("a cart's id is its secret");

        (await merchant.GetStringAsync("/v1/admin/dashboard/")).ShouldContain("<html");
        (await RunningShop.Get(merchant, "/v1/admin/dashboard/DashboardCounters")).Raw.ShouldContain("Commerce.Inventory.StockGrain");
        (await RunningShop.Get(guest, "/v1/admin/dashboard/DashboardCounters")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await RunningShop.Get(guest, "/openapi/v1.json")).Raw.ShouldContain("/v1/analytics/revenue");
        (await merchant.GetStringAsync("/metrics")).ShouldContain("orleans_catalog_activations");
    }

    // Four shoppers buy, each order until it is confirmed, as long as something else goes on.
    private static async Task<(int Orders, IReadOnlyCollection<HttpStatusCode> Answers)> WhileSelling(HttpClient guest, Func<Task> meanwhile)
    {
        var (answers, orders, over) = (new ConcurrentBag<HttpStatusCode>(), 0, false);
        var shoppers = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!Volatile.Read(ref over))
            {
                var (cart, key) = (await Cart(guest), Guid.NewGuid().ToString());
                (await Repeated(() => RunningShop.CheckOut(guest, cart, "tok_ok", key), answers.Add)).Text("status").ShouldBe("confirmed");
                Interlocked.Increment(ref orders);
            }
        }).ToArray();

        await meanwhile();
        Volatile.Write(ref over, true);
        await Task.WhenAll(shoppers);
        orders.ShouldBeGreaterThan(0);
        return (orders, answers);
    }

    private static async Task<string> Cart(HttpClient guest)
    {
        var id = (await Repeated(() => RunningShop.Post(guest, "/v1/carts", new { currency = "GBP" }))).Text("id");
        var key = Guid.NewGuid().ToString();
        await Repeated(() => RunningShop.Post(guest, $"/v1/carts/{id}/lines", new { sku = "TEA", quantity = 1 }, key));
        return id;
    }

    // What is away is asked again, under the same key.
    private static async Task<Answer> Repeated(Func<Task<Answer>> ask, Action<HttpStatusCode>? tell = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var answer = await ask();
            tell?.Invoke(answer.Status);
            if (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created) return answer;
            answer.Status.ShouldBeOneOf(HttpStatusCode.ServiceUnavailable, HttpStatusCode.Accepted);
            await Task.Delay(100, patience.Token);
        }
    }

    private static async Task Confirmed(HttpClient guest, Answer placed) => (await Eventually(async () =>
        (await RunningShop.Get(guest, $"/v1/orders/{placed.Text("orderId")}", placed.Text("orderToken"))) is { Status: HttpStatusCode.OK } order && order.Text("status") == "confirmed"))
        .ShouldBeTrue("the order goes on when the role is back");

    private static async Task<bool> Eventually(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await condition()) return true;
            await Task.Delay(200);
        }

        return false;
    }

    private static async Task<bool> Runs(string data, string silo) =>
        JsonSerializer.Deserialize<JsonElement>((await Commerce.Run("status", "--json", "--data", data)).Output).GetProperty("silos").EnumerateArray()
            .Single(child => child.GetProperty("name").GetString() == silo).GetProperty("state").GetString() == "running";

    private static async Task Do(string data, params string[] command)
    {
        var (exit, output, errors) = await Commerce.Run([.. command, "--data", data]);
        exit.ShouldBe(0, output + errors);
    }

    private HttpClient Client() => new() { BaseAddress = new Uri($"http://127.0.0.1:{_port}"), Timeout = TimeSpan.FromSeconds(100) };
}
