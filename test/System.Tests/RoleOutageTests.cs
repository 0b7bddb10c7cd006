using System.Net;
using System.Runtime.Versioning;

namespace Commerce.System.Tests;

/// <summary>
/// A silo per role, and each role away in turn: what the architecture's table of services promises goes on, and all else is 503 with a time to come back,
/// never 404 or 500. Long: it runs with <c>./commerce test --all</c>.
/// </summary>
[UnsupportedOSPlatform("windows"), Trait("Length", "long"), Collection("one large cluster at a time")]
public sealed class RoleOutageTests
{
    private const int Stocked = 1_000;

    [Fact]
    public async Task Whatever_role_is_away_the_others_go_on_and_what_needs_it_is_told_when_to_come_back()
    {
        await using var cluster = await RunningCluster.Start(new Dictionary<string, string>(), "--roles", "each");
        await cluster.Product("TEA", Stocked);
        var orders = 0;

        await Without(cluster, "catalog", async () =>
        {
            var quoted = await Quoted(cluster);
            return async () =>
            {
                (await CheckOut(cluster, quoted.Cart, "tok_ok", quoted.Hash)).Text("status").ShouldBe("confirmed");
                await Waits(RunningShop.Post(cluster.Merchant, "/v1/admin/products", new { sku = "NEW", title = "New", price = new { minor = 1, currency = "GBP" } }));
                orders++;
                return null;
            };
        });

        await Without(cluster, "cart", async () =>
        {
            var (cart, due) = (await cluster.Cart(), (await CheckOut(cluster, await cluster.Cart(), token: null)));
            return async () =>
            {
                await Goes(RunningShop.Get(cluster.Guest, "/v1/products/TEA"), HttpStatusCode.OK);
                var order = $"/v1/orders/{due.Text("orderId")}";
                await Goes(RunningShop.Get(cluster.Guest, order, due.Text("orderToken")), HttpStatusCode.OK);
                await Goes(Paid(cluster, order, due.Text("orderToken")), HttpStatusCode.OK);
                await Waits(RunningShop.Post(cluster.Guest, $"/v1/carts/{cart}/lines", new { sku = "TEA", quantity = 1 }));
                await Waits(RunningShop.Get(cluster.Guest, $"/v1/carts/{cart}"));
                orders++;
                return due;
            };
        });

        await Without(cluster, "inventory", () => Task.FromResult<Func<Task<Answer?>>>(async () =>
        {
            await Goes(RunningShop.Get(cluster.Guest, "/v1/products/TEA"), HttpStatusCode.OK);
            var waiting = await CheckOut(cluster, await cluster.Cart(), "tok_ok");
            (waiting.Status, waiting.Text("status")).ShouldBe((HttpStatusCode.Accepted, "reserving"));
            await Waits(RunningShop.Post(cluster.Merchant, "/v1/admin/stock/TEA/adjustments", new { delta = 1, reason = "delivery" }));
            orders++;
            return waiting;
        }));

        await Without(cluster, "order", async () =>
        {
            var placed = await CheckOut(cluster, await cluster.Cart(), "tok_ok");
            orders++;
            return async () =>
            {
                await Goes(RunningShop.Get(cluster.Guest, "/v1/products/TEA"), HttpStatusCode.OK);
                var cart = await cluster.Cart();
                await Waits(RunningShop.CheckOut(cluster.Guest, cart, "tok_ok", wait: 1));
                await Waits(RunningShop.Get(cluster.Guest, $"/v1/orders/{placed.Text("orderId")}", placed.Text("orderToken")));
                return placed;
            };
        });

        await Without(cluster, "payment", () => Task.FromResult<Func<Task<Answer?>>>(async () =>
        {
            var waiting = await CheckOut(cluster, await cluster.Cart(), "tok_ok");
            waiting.Status.ShouldBe(HttpStatusCode.Accepted, waiting.Raw);
            orders++;
            return waiting;
        }));

        await Without(cluster, "customer", () => Task.FromResult<Func<Task<Answer?>>>(async () =>
        {
            (await CheckOut(cluster, await cluster.Cart(), "tok_ok")).Text("status").ShouldBe("confirmed");
            await Waits(RunningShop.Post(cluster.Merchant, "/v1/admin/customers", new { id = "c-1", name = "A Customer" }));
            orders++;
            return null;
        }));

        await Without(cluster, "analytics", () => Task.FromResult<Func<Task<Answer?>>>(async () =>
        {
            (await CheckOut(cluster, await cluster.Cart(), "tok_ok")).Text("status").ShouldBe("confirmed");
            await Waits(RunningShop.Get(cluster.Merchant, "/v1/analytics/checksums"));
            orders++;
            return null;
        }));

        (await RunningCluster.Eventually(async () => (await RunningShop.Get(cluster.Merchant, "/v1/admin/stock/TEA")) is { Status: HttpStatusCode.OK } stock
            && stock.Body.GetProperty("onHand").GetInt32() == Stocked - orders)).ShouldBeTrue($"{orders} orders were confirmed");
        await cluster.Do("verify");
    }

    // Prepared while all is there, then done without the role; an order that has to wait for it is confirmed when it is back.
    private static async Task Without(RunningCluster cluster, string role, Func<Task<Func<Task<Answer?>>>> prepare)
    {
        var go = await prepare();
        var name = role == "analytics" ? "analytics-1" : (await cluster.Processes()).Single(silo => silo.Roles == role).Name;
        await cluster.Do("drain", name);
        var waiting = await go();
        await cluster.Do("start", name);
        if (waiting is not null) await cluster.Confirmed(waiting);
        if (role == "analytics")
            (await RunningCluster.Eventually(async () => (await RunningShop.Get(cluster.Merchant, "/v1/analytics/checksums")).Status == HttpStatusCode.OK)).ShouldBeTrue("analytics is back");
    }

    private static async Task<(string Cart, string Hash)> Quoted(RunningCluster cluster)
    {
        var cart = await cluster.Cart();
        return (cart, (await RunningShop.Post(cluster.Guest, $"/v1/carts/{cart}/quote", new { })).Ok().Text("quoteHash"));
    }

    private static Task<Answer> CheckOut(RunningCluster cluster, string cart, string? token, string? quoteHash = null) =>
        RunningShop.CheckOut(cluster.Guest, cart, token, wait: token is null ? 10 : 3, quoteHash: quoteHash);

    private static Task<Answer> Paid(RunningCluster cluster, string order, string orderToken) =>
        RunningShop.Post(cluster.Guest, $"{order}/payments", new { token = "tok_ok" }, token: orderToken);

    private static async Task Goes(Task<Answer> asked, HttpStatusCode expected) => (await asked).Ok(expected);

    // 503 with a time to come back.
    private static async Task Waits(Task<Answer> asked)
    {
        var answer = await asked;
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Raw);
        answer.RetryAfter.ShouldNotBeNull(answer.Raw);
    }
}
