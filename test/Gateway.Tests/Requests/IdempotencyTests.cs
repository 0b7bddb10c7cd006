using System.Text;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Requests;
using Commerce.Gateway.Tests.Shop;
using Commerce.Kernel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Gateway.Tests.Requests;

public sealed class IdempotencyTests(TestShop shop)
{
    [Fact]
    public async Task An_adjustment_repeated_under_its_key_moves_the_stock_once()
    {
        var sku = await shop.Stocked(0);
        var key = Shopping.Fresh("adjust");
        var first = (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 7, reason = "delivery" }, key)).ShouldBe(200);
        var again = (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", """{ "reason": "delivery", "delta": 7 }""", key)).ShouldBe(200);
        (first.Replayed, again.Replayed).ShouldBe((false, true));
        again.Body.ShouldBe(first.Body);
        again["onHand"].ShouldBe("7");
        (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 8, reason = "delivery" }, key)).ShouldBe(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_POST_that_must_not_happen_twice_wants_a_key()
    {
        var sku = await shop.Stocked(0);
        (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 1, reason = "x" })).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["Idempotency-Key"]);
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout("x"))).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["Idempotency-Key"]);
    }

    [Fact]
    public async Task A_key_is_1_to_255_printable_characters()
    {
        var path = $"/v1/admin/stock/{await shop.Stocked(0)}/adjustments";
        var body = new { delta = 1, reason = "x" };
        (await shop.Operator().Post(path, body, new string('k', 255))).ShouldBe(200);
        (await shop.Operator().Post(path, body, new string('k', 256))).ShouldBe(400, "validation-failed");
        (await shop.Operator().Post(path, body, null, ("Idempotency-Key", ""))).ShouldBe(400, "validation-failed");
    }

    [Theory]
    [InlineData("4111111111111111")]
    [InlineData("4111 1111 1111 1111")]
    [InlineData("4111-1111-1111-1111-1")]
    public async Task A_card_number_is_no_key_and_nothing_happens(string card)
    {
        var sku = await shop.Stocked(0);
        var refused = await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 1, reason = "x" }, null, ("Idempotency-Key", card));
        refused.ShouldBe(422, "card-data-rejected").Body.ShouldNotContain("1111");
        (await shop.Operator().Get($"/v1/admin/stock/{sku}"))["onHand"].ShouldBe("0");
    }

    [Theory]
    [InlineData("4111111111111112")]
    [InlineData("0000000000000018")]
    [InlineData("order 4111111111111111")]
    [InlineData("536365-4111111111111111a")]
    [InlineData("01963111-4111-7111-8111-111111111111")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08:4111111111111111")]
    public async Task A_key_that_is_no_card_number_is_a_key(string key) =>
        (await shop.Operator().Post($"/v1/admin/stock/{await shop.Stocked(0)}/adjustments", new { delta = 1, reason = "x" }, key)).ShouldBe(200);

    [Theory]
    [InlineData("Request-Id", "4111111111111111")]
    [InlineData("traceparent", "4111111111111111")]
    [InlineData("traceparent", "00-00000000000000000000000000000001-4111111111111111-01")]
    [InlineData("Correlation-Context", "card=4111111111111111")]
    [InlineData("tracestate", "card=4111111111111111")]
    [InlineData("baggage", "card=4111111111111111")]
    public async Task No_other_header_leaves_a_card_number_in_the_journal(string header, string value)
    {
        var sku = await shop.Stocked(0);
        (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 1, reason = "x" }, Shopping.Fresh("header"), (header, value))).ShouldBe(200);
        shop.Journal.Events(new StreamName("inventory", $"stock/{Keys.Stock(Sku.FromStored(sku))}")).ShouldNotBeEmpty();
        foreach (var happened in shop.Journal.Events(new StreamName("inventory", $"stock/{Keys.Stock(Sku.FromStored(sku))}")))
            $"{happened.Actor} {happened.Correlation} {happened.Causation} {happened.TraceParent} {Encoding.UTF8.GetString(happened.Data)}".ShouldNotContain("4111111111111111");
    }

    [Fact]
    public async Task The_same_key_finds_the_same_cart_and_operators_never_find_a_guests()
    {
        var key = Shopping.Fresh("cart");
        var first = (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }, key)).ShouldBe(201);
        var again = (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }, key)).ShouldBe(201);
        again["id"].ShouldBe(first["id"]);
        again.Replayed.ShouldBeTrue();
        (await shop.Operator().Post("/v1/carts", new { currency = "GBP" }, key)).ShouldBe(201)["id"].ShouldNotBe(first["id"]);
        (await shop.Guest().Post("/v1/carts", new { currency = "EUR" }, key)).ShouldBe(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task The_key_that_leads_to_a_cart_is_not_recorded_and_is_told_from_another_request_all_the_same()
    {
        var key = Shopping.Fresh("hidden");
        var cart = shop.Services.GetRequiredService<Secrets>().CartOf("guest", key);
        (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }, key)).ShouldBe(201)["id"].ShouldBe(cart.Text);
        shop.Journal.Events(new StreamName("cart", $"cart/{Keys.Cart(cart.Id)}")).ShouldHaveSingleItem().Causation.ShouldBe(cart.Id.Value);

        // What another gateway was asked under a key, this one hears of the journal.
        var elsewhere = Shopping.Fresh("elsewhere");
        cart = shop.Services.GetRequiredService<Secrets>().CartOf("guest", elsewhere);
        await shop.Opened(cart.Id, new CommandKey(cart.Id.Value, "another request"));
        (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }, elsewhere)).ShouldBe(422, "idempotency-key-reused")["detail"].ShouldContain(elsewhere);
    }

    [Fact]
    public async Task A_key_that_opened_a_cart_of_the_old_kind_finds_it()
    {
        var key = Shopping.Fresh("old-cart");
        var old = shop.Services.GetRequiredService<Secrets>().OldCartOf("operator", key);
        await shop.Opened(new CartId(old), new CommandKey(key, Digest("/v1/carts", """{"currency":"GBP"}""")));
        var again = (await shop.Operator().Post("/v1/carts", new { currency = "GBP" }, key)).ShouldBe(201);
        (again["id"], again.Replayed).ShouldBe((old, true));
    }

    [Fact]
    public async Task A_cart_is_opened_with_a_key_for_one_question_more()
    {
        var (key, secrets) = (Shopping.Fresh("one-question"), shop.Services.GetRequiredService<Secrets>());
        (await shop.Operator().Post("/v1/carts", new { currency = "GBP" }, key)).ShouldBe(201);

        var (cart, old) = (secrets.CartOf("operator", key).Id, new CartId(secrets.OldCartOf("operator", key)));
        (shop.Calls(cart, "Open"), shop.Calls(cart, "Get"), shop.Calls(old, "Get")).ShouldBe((1, 0, 1));
    }

    [Fact]
    public async Task A_key_that_could_be_guessed_never_leads_one_guest_to_anothers_cart()
    {
        var mine = (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }, "cart-1")).ShouldBe(201);
        (await shop.Guest().Post("/v1/carts", new { currency = "GBP" }, "cart-1")).ShouldBe(201)["id"].ShouldNotBe(mine["id"]);
    }

    [Fact]
    public async Task A_key_that_bought_one_cart_does_not_buy_another()
    {
        var key = Shopping.Fresh("buy");
        var sku = await shop.Stocked(2);
        var (one, other) = (await shop.Cart((sku, 1)), await shop.Cart((sku, 1)));
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(one), key)).Status.ShouldBeInRange(201, 202);
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(other), key)).ShouldBe(422, "idempotency-key-reused");
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(one), key)).Replayed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_key_that_made_one_product_does_not_make_another()
    {
        var key = Shopping.Fresh("product");
        object Body(string sku) => new { sku, title = "A title", price = new { minor = 100, currency = "GBP" } };
        (await shop.Operator().Post("/v1/admin/products", Body("KEY-1"), key)).ShouldBe(201);
        (await shop.Operator().Post("/v1/admin/products", Body("KEY-2"), key)).ShouldBe(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task Lines_under_one_key_are_added_once()
    {
        var (cart, sku, key) = (await shop.Cart(), await shop.Stocked(0), Shopping.Fresh("lines"));
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 2 }, key)).ShouldBe(200);
        var again = (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 2 }, key)).ShouldBe(200);
        ((int)again.Json["lines"]![0]!["quantity"]!).ShouldBe(2);
        again.Replayed.ShouldBeTrue();
    }

    [Fact]
    public void A_digest_knows_the_content_and_not_its_spelling()
    {
        Digest("/a", """{"a":1,"b":[1,2]}""").ShouldBe(Digest("/a", """ { "b" : [1, 2], "a" : 1 } """));
        Digest("/a", """{"a":1}""").ShouldNotBe(Digest("/a", """{"a":2}"""));
        Digest("/a", """{"a":1}""").ShouldNotBe(Digest("/b", """{"a":1}"""));
        Digest("/a", """{"b":[1,2]}""").ShouldNotBe(Digest("/a", """{"b":[2,1]}"""));
        Digest("/a", "").Length.ShouldBe(16);
    }

    private static string Digest(string path, string body) => Idempotency.Digest("POST", new PathString(path), System.Text.Encoding.UTF8.GetBytes(body));
}
