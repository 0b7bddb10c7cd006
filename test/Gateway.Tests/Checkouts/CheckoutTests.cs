using System.Collections.Immutable;
using Commerce.Gateway.Checkouts;
using Commerce.Gateway.Tests.Shop;
using Commerce.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Gateway.Tests.Checkouts;

public sealed class CheckoutTests(TestShop shop)
{
    [Fact]
    public async Task A_paid_checkout_is_a_confirmed_order_that_its_token_opens()
    {
        var sku = await shop.Stocked(5);
        var bought = (await shop.Buy(await shop.Cart((sku, 2)))).ShouldBe(201);

        bought["status"].ShouldBe("confirmed");
        bought.Json["total"]!.ToJsonString().ShouldBe("""{"amount":"5.00","currency":"GBP","minor":500}""");
        bought.Headers.Location!.OriginalString.ShouldBe($"/v1/orders/{bought["orderId"]}");
        bought.Headers.GetValues("Preference-Applied").ShouldBe(["wait"]);

        var order = (await shop.With(bought["orderToken"]).Get($"/v1/orders/{bought["orderId"]}")).ShouldBe(200);
        order["number"].ShouldBe(bought["number"]);
        ((long)order.Json["payment"]!["authorised"]!["minor"]!).ShouldBe(500);
        ((string)order.Json["contact"]!["email"]!).ShouldBe("ada@example.org");
    }

    [Fact]
    public async Task Fifty_requests_with_one_key_make_one_order_and_read_the_same()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 2));
        var key = Shopping.Fresh("fifty");

        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => shop.Buy(cart, key: key)));

        replies.Select(reply => reply.Status).Distinct().ShouldBe([201]);
        replies.Select(reply => reply.Body).Distinct().Count().ShouldBe(1);
        replies.Count(reply => !reply.Replayed).ShouldBe(1);
        var order = await shop.Operator().Get($"/v1/orders/{replies[0]["orderId"]}");
        order.Json["payment"]!["operations"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Two_tabs_with_two_keys_on_one_cart_make_one_order()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 1));
        var tabs = await Task.WhenAll(shop.Buy(cart), shop.Buy(cart));
        tabs.Select(tab => tab.ShouldBe(201)["orderId"]).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_joined_an_order_finds_it_again_when_that_came_to_nothing()
    {
        var (cart, joined) = (await shop.Cart((await shop.Stocked(5), 1)), Shopping.Fresh("checkout"));
        var waiting = (await shop.Buy(cart, token: null)).ShouldBe(202);
        (await shop.Buy(cart, "tok_declined", joined)).ShouldBe(202)["orderId"].ShouldBe(waiting["orderId"]);
        (await shop.With(waiting["orderToken"]).Post($"/v1/orders/{waiting["orderId"]}/cancel", null, Shopping.Fresh("cancel"))).ShouldBe(200)["status"].ShouldBe("cancelled");

        var again = (await shop.Buy(cart, "tok_declined", joined)).ShouldBe(202);

        (again["orderId"], again["status"], again.Replayed).ShouldBe((waiting["orderId"], "cancelled", true));
        (await shop.Buy(cart)).ShouldBe(201)["orderId"].ShouldNotBe(waiting["orderId"]);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 1));
        var key = Shopping.Fresh("reused");
        (await shop.Buy(cart, key: key)).ShouldBe(201);
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(cart, email: "eve@example.org"), key)).ShouldBe(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_decline_leaves_the_order_waiting_and_another_token_confirms_it()
    {
        var declined = (await shop.Buy(await shop.Cart((await shop.Stocked(5), 1)), "tok_declined")).ShouldBe(202);
        declined["status"].ShouldBe("awaitingPayment");
        ((string)declined.Json["next"]!["action"]!).ShouldBe("pay");
        declined.Json["payBy"].ShouldNotBeNull();

        var paid = await shop.With(declined["orderToken"])
            .Post((string)declined.Json["next"]!["href"]!, new { token = "tok_ok" }, Shopping.Fresh("pay"), ("Prefer", "wait=20"));
        paid.ShouldBe(200)["status"].ShouldBe("confirmed");
        paid["orderId"].ShouldBe(declined["orderId"]);
    }

    [Fact]
    public async Task After_a_decline_the_same_cart_checked_out_with_another_token_pays_the_same_order()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 1));
        var declined = (await shop.Buy(cart, "tok_declined")).ShouldBe(202);

        var paid = (await shop.Buy(cart, "tok_ok")).ShouldBe(201);

        (paid["orderId"], paid["status"]).ShouldBe((declined["orderId"], "confirmed"));
    }

    [Fact]
    public async Task A_cart_whose_order_is_not_to_be_paid_any_more_says_so()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 1));
        for (var i = 0; i < 5; i++) (await shop.Buy(cart, "tok_declined")).ShouldBe(202);

        (await shop.Buy(cart, "tok_ok")).ShouldBe(409, "illegal-transition");
    }

    [Fact]
    public async Task A_cart_is_asked_once_whether_a_repeated_checkout_has_begun()
    {
        var (cart, key) = (await shop.Cart((await shop.Stocked(5), 1)), Shopping.Fresh("checkout"));
        var bought = (await shop.Buy(cart, key: key)).ShouldBe(201);

        var again = (await shop.Buy(cart, key: key)).ShouldBe(201);

        (again["orderId"], again.Replayed).ShouldBe((bought["orderId"], true));
        shop.Calls(CartId.Of(cart), "Begun").ShouldBe(1);
    }

    [Fact]
    public async Task A_key_finds_its_order_when_its_goods_are_not_for_sale_any_more()
    {
        var (scarce, other) = (await shop.Stocked(1), await shop.Stocked(5));
        var (cart, key) = (await shop.Cart((scarce, 2), (other, 1)), Shopping.Fresh("checkout"));
        var refused = (await shop.Buy(cart, key: key)).ShouldBe(409, "out-of-stock");
        (await shop.Operator().Post($"/v1/admin/products/{other}/archive")).ShouldBe(200);
        shop.Services.GetRequiredService<Rush>().Note(new Sku(scarce));

        ((string)(await shop.Buy(cart, key: key)).ShouldBe(409, "out-of-stock").Json["orderId"]!).ShouldBe((string)refused.Json["orderId"]!);
        (await shop.Buy(cart)).ShouldBe(409);
    }

    [Fact]
    public async Task Two_lines_that_share_a_SKU_beyond_its_stock_are_both_named()
    {
        var (scarce, plenty) = (await shop.Stocked(3), await shop.Stocked(100));
        var cart = (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }))["id"];
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new
        {
            lines = new object[]
            {
                new { sku = scarce, quantity = 2, lineId = "a" }, new { sku = plenty, quantity = 1 }, new { sku = scarce, quantity = 2, lineId = "b" },
            },
        })).ShouldBe(200);

        var refused = (await shop.Buy(cart)).ShouldBe(409, "out-of-stock");
        refused.Pointers.ShouldBe(["/lines/0", "/lines/2"]);
        var place = refused.Json["errors"]![0]!;
        ((string)place["sku"]!, (int)place["asked"]!, (int)place["available"]!).ShouldBe((scarce, 4, 3));
        refused.Json["orderId"].ShouldNotBeNull();
        (await shop.Operator().Get($"/v1/admin/stock/{scarce}"))["available"].ShouldBe("3");
    }

    [Fact]
    public async Task In_a_rush_a_checkout_has_a_position_and_goes_on_when_its_turn_comes()
    {
        var (sku, other) = (await shop.Stocked(5), await shop.Stocked(5));
        var (impatient, patient, elsewhere) = (await shop.Cart((sku, 1)), await shop.Cart((sku, 1)), await shop.Cart((other, 1)));
        shop.Services.GetRequiredService<Rush>().Note(new Sku(sku));
        var queue = shop.Services.GetRequiredService<Commerce.Gateway.Composition.Shop>().CheckoutQueue(new Sku(sku));
        for (var i = 0; await queue.Enter($"somebody-{i}", TimeSpan.Zero) == 0;) i++;

        var key = Shopping.Fresh("checkout");
        var queued = (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(impatient), key)).ShouldBe(429, "rate-limited");
        ((int)queued.Json["position"]!, queued.Headers.RetryAfter!.Delta).ShouldBe((2, TimeSpan.FromSeconds(1)));
        (await shop.Guest().Get($"/v1/carts/{impatient}"))["status"].ShouldBe("open");
        (await shop.Buy(elsewhere)).ShouldBe(201);

        var waits = shop.Buy(patient);
        for (var i = 0; i < 10; i++) await queue.Leave($"somebody-{i}");

        (await waits).ShouldBe(201);
        (await shop.Buy(impatient, key: key)).ShouldBe(201);
        // What it has become is told at once, rush or not.
        (await shop.Buy(impatient, key: key)).ShouldBe(201);
    }

    [Fact]
    public async Task A_checkout_that_has_ended_lets_the_next_one_have_their_turn()
    {
        var sku = await shop.Stocked(500);
        shop.Services.GetRequiredService<Rush>().Note(new Sku(sku));
        var queue = shop.Services.GetRequiredService<Commerce.Gateway.Composition.Shop>().CheckoutQueue(new Sku(sku));
        var somebody = 0;
        while (await queue.Enter($"somebody-{somebody}", TimeSpan.Zero) == 0) somebody++;
        await queue.Leave("somebody-0");
        await queue.Leave($"somebody-{somebody}");

        (await shop.Buy(await shop.Cart((sku, 1)))).ShouldBe(201);
        (await shop.Buy(await shop.Cart((sku, 1)))).ShouldBe(201);
    }

    [Fact]
    public async Task Who_comes_after_the_first_refusal_is_told_without_an_order_and_what_is_free_again_is_sold_at_once()
    {
        var sku = await shop.Stocked(3);
        var (first, second, third) = (await shop.Cart((sku, 4)), await shop.Cart((sku, 4)), await shop.Cart((sku, 3)));

        (await shop.Buy(first)).ShouldBe(409, "out-of-stock").Json["orderId"].ShouldNotBeNull();
        var late = (await shop.Buy(second)).ShouldBe(409, "out-of-stock");

        late.Json["orderId"].ShouldBeNull();
        var place = late.Json["errors"]![0]!;
        ((string)place["pointer"]!, (string)place["sku"]!, (int)place["asked"]!, (int)place["available"]!).ShouldBe(("/lines/0", sku, 4, 3));
        (await shop.Guest().Get($"/v1/carts/{second}"))["status"].ShouldBe("open");
        (await shop.Buy(third)).ShouldBe(201);
        (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 8, reason = "a lorry came" }, Shopping.Fresh("lorry"))).ShouldBe(200);
        (await shop.Buy(second)).ShouldBe(201);
        // It may hold goods of its own, so its order finds out.
        (await shop.Buy(first)).ShouldBe(201);
    }

    [Fact]
    public async Task A_wrong_amount_ends_without_an_order_and_without_money()
    {
        var ended = (await shop.Buy(await shop.Cart((await shop.Stocked(5), 1)), "tok_wrong_amount")).ShouldBe(202);
        ended["status"].ShouldBe("cancelled");
        ((string)ended.Json["next"]!["action"]!).ShouldBe("checkOutAgain");
    }

    [Fact]
    public async Task After_a_sale_that_was_cancelled_the_way_on_is_a_new_cart_and_says_so()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 1));
        var bought = (await shop.Buy(cart)).ShouldBe(201);
        // Its cart hears of it a moment later.
        await TestShop.Eventually("the cart is ordered", async () => (await shop.Guest().Get($"/v1/carts/{cart}"))["status"] == "ordered");
        (await shop.With(bought["orderToken"]).Post($"/v1/orders/{bought["orderId"]}/cancel", null, Shopping.Fresh("cancel"))).ShouldBe(200)["status"].ShouldBe("cancelled");

        var change = (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku = await shop.Stocked(1), quantity = 1 })).ShouldBe(409, "cart-frozen");
        ((string)change.Json["title"]!).ShouldBe("The cart belongs to an order");
        ((string)change.Json["detail"]!).ShouldSatisfyAllConditions(detail => detail.ShouldContain("open a new cart"), detail => detail.ShouldNotContain("cancel"));
        var again = (await shop.Buy(cart)).ShouldBe(202);
        again["orderId"].ShouldBe(bought["orderId"]);
        ((string)again.Json["next"]!["action"]!).ShouldBe("none");
        ((string)again.Json["next"]!["hint"]!).ShouldContain("open a new cart");
    }

    [Fact]
    public async Task After_an_order_that_was_cancelled_before_it_was_paid_its_cart_is_checked_out_again()
    {
        var cart = await shop.Cart((await shop.Stocked(5), 1));
        var key = Shopping.Fresh("checkout");
        var waiting = (await shop.Buy(cart, "tok_declined", key)).ShouldBe(202);
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku = await shop.Stocked(1), quantity = 1 })).ShouldBe(409, "cart-frozen");
        (await shop.With(waiting["orderToken"]).Post($"/v1/orders/{waiting["orderId"]}/cancel", null, Shopping.Fresh("cancel"))).ShouldBe(200)["status"].ShouldBe("cancelled");

        var (again, bought) = (await shop.Buy(cart, "tok_declined", key), await shop.Buy(cart));
        ((string)again.ShouldBe(202).Json["next"]!["action"]!).ShouldBe("checkOutAgain");
        bought.ShouldBe(201)["orderId"].ShouldNotBe(waiting["orderId"]);
    }

    [Fact]
    public async Task Without_a_wish_to_wait_the_answer_comes_at_once()
    {
        var placed = (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(await shop.Cart((await shop.Stocked(5), 1))), Shopping.Fresh("now")));
        placed.Status.ShouldBeOneOf(201, 202);
        placed.Headers.Contains("Preference-Applied").ShouldBeFalse();
    }

    [Fact]
    public async Task Changed_prices_are_told_before_payment()
    {
        var sku = await shop.Stocked(5);
        var cart = await shop.Cart((sku, 1));
        var quote = (await shop.Guest().Post($"/v1/carts/{cart}/quote")).ShouldBe(200)["quoteHash"];
        (await shop.Operator().Post($"/v1/admin/products/{sku}/prices", new { price = new { minor = 300, currency = "GBP" } })).ShouldBe(200);

        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(cart, quoteHash: quote), Shopping.Fresh("quote"))).ShouldBe(409, "quote-changed");

        var fresh = (await shop.Guest().Post($"/v1/carts/{cart}/quote")).ShouldBe(200);
        ((long)fresh.Json["total"]!["minor"]!).ShouldBe(300);
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(cart, quoteHash: fresh["quoteHash"]), Shopping.Fresh("quote"), ("Prefer", "wait=20"))).ShouldBe(201);
    }

    // The cart was seen while an earlier checkout had it, and free again when this one took it.
    [Fact]
    public async Task Prices_that_changed_while_an_earlier_checkout_had_the_cart_are_told_before_payment()
    {
        var sku = await shop.Stocked(5);
        var cart = await shop.Cart((sku, 1));
        var id = CartId.Of(cart);
        var (carts, checkout) = (shop.Services.GetRequiredService<Commerce.Gateway.Composition.Shop>(), shop.Services.GetRequiredService<Checkout>());
        var (grain, current) = (carts.Cart(id), ImmutableDictionary<Sku, UnitPrice>.Empty.Add(new(sku), new(2.50m, Currency.GBP)));
        var given = (await grain.Freeze("given-up", null, current)).Value.Order;
        var seen = (await grain.Get()).Value;
        (await carts.Order(given).ExistsOrAbandon()).ShouldBeFalse();
        (await grain.Thaw(given)).Ok.ShouldBeTrue();
        (await shop.Operator().Post($"/v1/admin/products/{sku}/prices", new { price = new { minor = 300, currency = "GBP" } })).ShouldBe(200);

        var placed = await checkout.Place(
            new(cart, new("ada@example.org"), new("Ada Lovelace", "12 St James's Square", "London", "SW1Y 4JH", "United Kingdom"), new("tok_ok")), id, seen, null, new("thawed", "digest"));

        placed.Refusal!.Code.ShouldBe("quote-changed");
    }
}
