using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;

namespace Commerce.System.Tests;

/// <summary>More buyers than units, on three silos of which one is killed while they buy; and what holds a unit, and for how long. Long: it runs with <c>./commerce test --all</c>.</summary>
[UnsupportedOSPlatform("windows"), Trait("Length", "long"), Collection("one large cluster at a time")]
public sealed class FlashSaleTests : IAsyncLifetime
{
    private const int Units = 100, Buyers = 1_000;

    private static readonly Dictionary<string, string> TenSecondsToPay = new() { ["Commerce__Checkout__PayBy"] = "00:00:10" };

    private RunningCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await RunningCluster.Start(TenSecondsToPay, "--silos", "3");

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_thousand_buyers_for_a_hundred_units_are_exactly_a_hundred_orders_though_a_silo_dies()
    {
        await _cluster.Product("HOT", Units);
        var carts = new List<string>();
        foreach (var some in Enumerable.Range(0, Buyers).Chunk(50)) carts.AddRange(await Task.WhenAll(some.Select(_ => _cluster.Cart("HOT"))));

        var buying = carts.Select(Buy).ToArray();
        // In the midst of it, with most of the buyers still waiting.
        await Task.WhenAny(buying);
        var open = buying.Count(buyer => !buyer.IsCompleted);
        await _cluster.Do("kill", "silo-2");
        var orders = await Task.WhenAll(buying);

        open.ShouldBeGreaterThan(Buyers / 2);
        orders.Count(status => status == "confirmed").ShouldBe(Units);
        orders.Where(status => status != "confirmed").Distinct().ShouldBe(["rejected"]);
        (await Available("HOT")).ShouldBe(0);
        (await RunningCluster.Eventually(async () => await Stock("HOT", "onHand") == 0)).ShouldBeTrue("what was sold leaves the shelf");
        await _cluster.Do("verify");
    }

    [Fact]
    public async Task What_an_unpaid_order_holds_is_free_at_the_eleventh_second_and_at_once_when_it_is_cancelled()
    {
        await _cluster.Product("TEA", 5);
        var cart = await Cart(("TEA", 2));
        var asked = Stopwatch.StartNew();
        (await CheckOut(cart, token: null)).Text("status").ShouldBe("awaitingPayment");
        var answered = Stopwatch.StartNew();

        // Its ten seconds began somewhere between the two.
        await Task.Delay(TimeSpan.FromSeconds(5));
        (await Available("TEA")).ShouldBe(asked.Elapsed < TimeSpan.FromSeconds(10) ? 3 : 5);
        if (TimeSpan.FromSeconds(11) - answered.Elapsed is { Ticks: > 0 } left) await Task.Delay(left);
        (await Available("TEA")).ShouldBe(5);

        var other = await CheckOut(await Cart(("TEA", 4)), token: null);
        (await Available("TEA")).ShouldBe(1);
        (await Cancel(other)).Text("status").ShouldBe("cancelled");
        (await Available("TEA")).ShouldBe(5);
        await _cluster.Do("verify");
    }

    [Fact]
    public async Task Lines_that_share_a_unit_are_one_demand_and_a_retried_checkout_takes_the_place_of_its_own_hold()
    {
        await _cluster.Product("CUP", 5);
        await _cluster.Product("POT", 1);
        // Each line alone could be had.
        (await CheckOut(await Cart(("CUP", 3), ("CUP", 3)), "tok_ok")).Text("code").ShouldBe("out-of-stock");
        (await Available("CUP")).ShouldBe(5);

        var cart = await Cart(("CUP", 5), ("POT", 2));
        (await CheckOut(cart, "tok_ok")).Ok(HttpStatusCode.Conflict).Text("code").ShouldBe("out-of-stock");
        using var less = await _cluster.Guest.PatchAsync($"/v1/carts/{cart}/lines/POT", global::System.Net.Http.Json.JsonContent.Create(new { quantity = 1 }));
        less.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await CheckOut(cart, "tok_ok")).Ok(HttpStatusCode.Created).Text("status").ShouldBe("confirmed");
        (await Available("CUP")).ShouldBe(0);
        await _cluster.Do("verify");
    }

    // One buyer with one key, who asks until there is an answer: the order's status.
    private async Task<string> Buy(string cart)
    {
        var key = Guid.NewGuid().ToString();
        var answer = await RunningCluster.Repeated(() => RunningShop.CheckOut(_cluster.Guest, cart, "tok_ok", key), refusals: HttpStatusCode.Conflict);
        if (answer.Status is not HttpStatusCode.Conflict) return answer.Text("status");
        answer.Text("code").ShouldBe("out-of-stock");
        return "rejected";
    }

    private async Task<string> Cart(params (string Sku, int Quantity)[] lines)
    {
        var id = (await RunningShop.Post(_cluster.Guest, "/v1/carts", new { currency = "GBP" })).Text("id");
        var named = lines.Select((line, at) => new { lineId = lines.Count(l => l.Sku == line.Sku) > 1 ? $"{line.Sku}-{at}" : line.Sku, sku = line.Sku, quantity = line.Quantity });
        (await RunningShop.Post(_cluster.Guest, $"/v1/carts/{id}/lines", new { lines = named })).Ok();
        return id;
    }

    private Task<Answer> CheckOut(string cart, string? token) => RunningShop.CheckOut(_cluster.Guest, cart, token);

    private async Task<Answer> Cancel(Answer order) =>
        (await RunningShop.Post(_cluster.Guest, $"/v1/orders/{order.Text("orderId")}/cancel", new { reason = "changed my mind" }, token: order.Text("orderToken"))).Ok();

    private Task<int> Available(string sku) => Stock(sku, "available");

    private async Task<int> Stock(string sku, string what) => (await RunningShop.Get(_cluster.Merchant, $"/v1/admin/stock/{sku}")).Ok().Body.GetProperty(what).GetInt32();
}
