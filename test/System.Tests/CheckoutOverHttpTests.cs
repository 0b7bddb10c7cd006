using System.Net;
using Commerce.Cli;
using Commerce.Cli.Shops;

namespace Commerce.System.Tests;

public sealed class CheckoutOverHttpTests : IAsyncLifetime
{
    private RunningShop _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await RunningShop.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Fact]
    public async Task A_guest_buys_and_the_operator_sees_stock_money_and_revenue()
    {
        await _shop.Product("TEA", 5);

        var order = (await _shop.CheckOut(await _shop.Cart(("TEA", 2)))).Ok(HttpStatusCode.Created);

        order.Text("status").ShouldBe("confirmed");
        var seen = (await RunningShop.Get(_shop.Guest, $"/v1/orders/{order.Text("orderId")}", order.Text("orderToken"))).Ok();
        seen.Body.GetProperty("payment").GetProperty("authorised").GetProperty("minor").GetInt64().ShouldBe(300);
        (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/TEA")).Ok().Body.GetProperty("available").GetInt32().ShouldBe(3);
        await Eventually(async () => (await RunningShop.Get(_shop.Operator, "/v1/analytics/revenue?from=2020-01-01&to=2100-01-01&grain=day&currency=GBP"))
            .Ok().Body.GetProperty("gross").GetProperty("minor").GetInt64() == 300);
        await Eventually(async () => (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/TEA")).Ok().Body.GetProperty("onHand").GetInt32() == 3);
    }

    [Fact]
    public async Task Fifty_requests_with_one_key_are_one_order_and_one_answer()
    {
        await _shop.Product("TEA", 100);
        var cart = await _shop.Cart(("TEA", 2));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _shop.CheckOut(cart, key: "one-key")));

        answers.Select(a => (a.Status, a.Raw)).Distinct().Count().ShouldBe(1, string.Join('\n', answers.Select(a => $"{a.Status} {a.Raw}").Distinct()));
        answers[0].Ok(HttpStatusCode.Created);
        (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/TEA")).Ok().Body.GetProperty("available").GetInt32().ShouldBe(98);
        (await _shop.CheckOut(cart, token: "tok_declined", key: "one-key")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_thousand_buyers_for_a_hundred_units_are_exactly_a_hundred_orders()
    {
        await _shop.Product("HOT", 100);
        var carts = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => _shop.Cart(("HOT", 1))));

        var answers = await Task.WhenAll(carts.Select(cart => _shop.CheckOut(cart)));

        answers.Count(a => a.Status == HttpStatusCode.Created).ShouldBe(100);
        answers.Where(a => a.Status != HttpStatusCode.Created).ShouldAllBe(a => a.Status == HttpStatusCode.Conflict && a.Text("code") == "out-of-stock");
        (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/HOT")).Ok().Body.GetProperty("available").GetInt32().ShouldBe(0);
        await Eventually(async () => (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/HOT")).Ok().Body.GetProperty("onHand").GetInt32() == 0);
        await _shop.Verify();
    }

    [Fact]
    public async Task Two_tabs_with_two_keys_on_one_cart_are_one_order()
    {
        await _shop.Product("TEA", 5);
        var cart = await _shop.Cart(("TEA", 2));

        var answers = await Task.WhenAll(_shop.CheckOut(cart), _shop.CheckOut(cart));

        answers.Select(a => a.Text("orderId")).Distinct().ShouldHaveSingleItem();
        (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/TEA")).Ok().Body.GetProperty("available").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task A_rejected_shopper_takes_less_and_is_not_blocked_by_their_own_hold()
    {
        await _shop.Product("TEA", 5);
        await _shop.Product("CUP", 1);
        var cart = await _shop.Cart(("TEA", 5), ("CUP", 2));
        (await _shop.CheckOut(cart)).Ok(HttpStatusCode.Conflict).Text("code").ShouldBe("out-of-stock");

        using var patch = await _shop.Guest.PatchAsync($"/v1/carts/{cart}/lines/CUP", global::System.Net.Http.Json.JsonContent.Create(new { quantity = 1 }));
        patch.StatusCode.ShouldBe(HttpStatusCode.OK);

        (await _shop.CheckOut(cart)).Ok(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_seed_is_a_catalogue_of_200_products_and_done_again_it_changes_nothing()
    {
        using var client = new ShopClient(new Uri($"{_shop.Url}/"), File.ReadAllText(Path.Combine(_shop.Folder, "operator-token")));
        for (var time = 0; time < 2; time++)
        {
            await Seed.Into(client, TestContext.Current.CancellationToken);
            foreach (var (sku, title, _) in Seed.Catalogue)
            {
                (await RunningShop.Get(_shop.Guest, $"/v1/products/{sku}")).Ok().Text("title").ShouldBe(title);
                (await RunningShop.Get(_shop.Operator, $"/v1/admin/stock/{sku}")).Ok().Body.GetProperty("onHand").GetInt32().ShouldBe(100);
            }
        }

        Seed.Catalogue.Count().ShouldBe(200);
        await Eventually(async () => (await RunningShop.Get(_shop.Guest, "/v1/search?q=lantren")).Body.GetProperty("items").GetArrayLength() > 0);
    }

    [Theory]
    [InlineData("tok_declined", "awaitingPayment")]
    [InlineData("tok_wrong_amount", "cancelled")]
    [InlineData("tok_timeout_after", "confirmed")]
    public async Task What_the_provider_does_is_what_becomes_of_the_order(string token, string status)
    {
        await _shop.Product("TEA", 5);

        var order = await _shop.CheckOut(await _shop.Cart(("TEA", 2)), token);

        order.Text("status").ShouldBe(status);
        if (token == "tok_declined")
        {
            (await RunningShop.Post(_shop.Operator, $"/v1/orders/{order.Text("orderId")}/payments", new { token = "tok_ok" })).Ok().Text("status").ShouldBe("confirmed");
        }

        await _shop.Verify();
    }

    [Fact]
    public async Task A_shop_that_is_stopped_and_started_is_the_same_shop()
    {
        await _shop.Product("TEA", 5);
        var cart = await _shop.Cart(("TEA", 2));
        var order = (await _shop.CheckOut(cart, key: "before")).Ok(HttpStatusCode.Created);
        await _shop.Stop();

        _shop = await RunningShop.Start(_shop.Folder);

        var again = (await _shop.CheckOut(cart, key: "before")).Ok(HttpStatusCode.Created);
        (again.Raw, again.Replayed).ShouldBe((order.Raw, true));
        (await RunningShop.Get(_shop.Operator, "/v1/admin/stock/TEA")).Ok().Body.GetProperty("available").GetInt32().ShouldBe(3);
        await _shop.Verify();
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await condition()) await Task.Delay(20, patience.Token);
    }
}
