using System.Text;
using Commerce.Feeds;
using Commerce.Gateway.Tests.Shop;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Tests.Carts;

public sealed class CartTests(TestShop shop)
{
    [Fact]
    public async Task A_cart_is_filled_changed_and_emptied()
    {
        var sku = await shop.Stocked(9, minor: 250);
        var opened = (await shop.Guest().Post("/v1/carts", new { currency = "GBP" })).ShouldBe(201);
        var path = opened.Headers.Location!.OriginalString;
        opened["id"].Length.ShouldBeGreaterThanOrEqualTo(22);

        (await shop.Guest().Post($"{path}/lines", new { sku, quantity = 1 })).ShouldBe(200);
        var two = (await shop.Guest().Post($"{path}/lines", new { sku = sku.ToLowerInvariant(), quantity = 2 })).ShouldBe(200);
        two.Json["lines"]!.AsArray().Count.ShouldBe(1);
        ((long)two.Json["total"]!["minor"]!).ShouldBe(750);

        var line = (string)two.Json["lines"]![0]!["lineId"]!;
        var set = (await shop.Guest().Send(HttpMethod.Patch, $"{path}/lines/{line}", new { quantity = 5 }, null, ("If-Match", two.ETag!))).ShouldBe(200);
        ((long)set.Json["total"]!["minor"]!).ShouldBe(1250);
        (await shop.Guest().Send(HttpMethod.Patch, $"{path}/lines/{line}", new { quantity = 6 }, null, ("If-Match", two.ETag!))).ShouldBe(412, "version-mismatch");
        (await shop.Guest().Send(HttpMethod.Patch, $"{path}/lines/nope", new { quantity = 6 })).ShouldBe(404, "not-found");

        (await shop.Guest().Send(HttpMethod.Delete, $"{path}/lines/{line}")).ShouldBe(200).Json["lines"]!.AsArray().Count.ShouldBe(0);
        (await shop.Guest().Send(HttpMethod.Delete, path)).ShouldBe(204);
        (await shop.Guest().Get(path)).ShouldBe(404, "not-found");
    }

    [Fact]
    public async Task What_has_changed_since_it_was_read_is_not_taken_away()
    {
        var sku = await shop.Stocked(9);
        var path = $"/v1/carts/{await shop.Cart((sku, 1))}";
        var read = await shop.Guest().Get(path);
        var line = $"{path}/lines/{read.Json["lines"]![0]!["lineId"]}";
        var changed = (await shop.Guest().Post($"{path}/lines", new { sku, quantity = 1 })).ShouldBe(200);

        (await Delete(line, read.ETag!)).ShouldBe(412, "version-mismatch");
        (await Delete(path, read.ETag!)).ShouldBe(412, "version-mismatch");
        (await Delete(path, "2")).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["If-Match"]);
        (await shop.Guest().Get(path)).Body.ShouldBe(changed.Body);

        (await Delete(line, changed.ETag!)).ShouldBe(200).Json["lines"]!.AsArray().ShouldBeEmpty();
        (await Delete(line, changed.ETag!)).ShouldBe(200);
        (await Delete(path, "*")).ShouldBe(204);
        (await Delete(path, read.ETag!)).ShouldBe(204);

        Task<Reply> Delete(string what, string seen) => shop.Guest().Send(HttpMethod.Delete, what, null, null, ("If-Match", seen));
    }

    [Theory]
    [InlineData("\"abc\"", 412, "version-mismatch")]
    [InlineData("W/\"2\"", 412, "version-mismatch")]
    [InlineData("\"1\", \"3\"", 412, "version-mismatch")]
    [InlineData("2", 400, "validation-failed")]
    public async Task A_tag_that_cannot_be_the_carts_matches_nothing(string tag, int status, string code)
    {
        var path = $"/v1/carts/{await shop.Cart((await shop.Stocked(9), 1))}";
        var read = await shop.Guest().Get(path);
        read.ETag.ShouldBe("\"2\"");
        var line = $"{path}/lines/{read.Json["lines"]![0]!["lineId"]}";

        (await shop.Guest().Send(HttpMethod.Patch, line, new { quantity = 5 }, null, ("If-Match", tag))).ShouldBe(status, code);
        (await shop.Guest().Send(HttpMethod.Patch, line, new { quantity = 5 }, null, ("If-Match", "\"1\", \"2\""))).ShouldBe(200);
    }

    [Fact]
    public async Task A_line_with_an_id_of_its_own_is_added_once()
    {
        var (cart, sku) = (await shop.Cart(), await shop.Stocked(9));
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 2, lineId = "a" })).ShouldBe(200);
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 2, lineId = "a" })).ShouldBe(200).Json["lines"]!.AsArray().Count.ShouldBe(1);
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 3, lineId = "a" })).ShouldBe(422, "idempotency-key-reused").Pointers.ShouldBe(["/lineId"]);
    }

    [Fact]
    public async Task A_key_finds_the_line_it_added_when_its_goods_are_not_for_sale_any_more()
    {
        var (cart, sku, key) = (await shop.Cart(), await shop.Stocked(9), Shopping.Fresh("line"));
        (await Add(key)).ShouldBe(200);
        (await shop.Operator().Post($"/v1/admin/products/{sku}/archive")).ShouldBe(200);

        var again = (await Add(key)).ShouldBe(200);

        ((int)again.Json["lines"]!.AsArray().ShouldHaveSingleItem()!["quantity"]!, again.Replayed).ShouldBe((1, true));
        (await Add(Shopping.Fresh("line"))).ShouldBe(404, "not-found").Pointers.ShouldBe(["/sku"]);

        Task<Reply> Add(string under) => shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 1 }, under);
    }

    [Fact]
    public async Task A_cart_is_poured_into_another_once()
    {
        var sku = await shop.Stocked(9);
        var (from, into) = (await shop.Cart((sku, 2)), await shop.Cart((sku, 1)));
        var key = Shopping.Fresh("merge");
        (await shop.Guest().Post($"/v1/carts/{into}/merge", new { from })).ShouldBe(400, "validation-failed");
        var merged = (await shop.Guest().Post($"/v1/carts/{into}/merge", new { from }, key)).ShouldBe(200);
        ((int)merged.Json["lines"]![0]!["quantity"]!).ShouldBe(3);
        ((int)(await shop.Guest().Post($"/v1/carts/{into}/merge", new { from }, key)).ShouldBe(200).Json["lines"]![0]!["quantity"]!).ShouldBe(3);
        (await shop.Guest().Post($"/v1/carts/{into}/merge", new { from = into }, Shopping.Fresh("merge"))).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/from"]);
    }

    [Fact]
    public async Task Nobody_can_list_carts() => (await shop.Operator().Get("/v1/carts")).ShouldBe(405, "method-not-allowed");

    [Fact]
    public async Task What_is_recorded_of_a_cart_opens_no_cart_and_the_id_its_shopper_has_does()
    {
        var (from, sku) = (await shop.Cart(), await shop.Stocked(2));
        var cart = await shop.Cart((sku, 1));
        (await shop.Guest().Post($"/v1/carts/{cart}/merge", new { from }, Shopping.Fresh("merge"))).ShouldBe(200)["id"].ShouldBe(cart);
        var key = $"a-key-made-of-{cart}";
        var order = (await shop.Buy(cart, key: key)).ShouldBe(201)["orderId"];
        var again = (await shop.Buy(cart, key: key)).ShouldBe(201);
        (again["orderId"], again.Replayed).ShouldBe((order, true));
        await TestShop.Eventually("the cart is ordered", async () => (await shop.Guest().Get($"/v1/carts/{cart}"))["status"] == "ordered");

        var recorded = (await Recorded()).ToList();
        foreach (var secret in (string[])[cart, from]) recorded.ShouldNotContain(e => Whole(e).Contains(secret));

        var placed = recorded.Single(e => e.Stream == $"order/{Keys.Order(new OrderId(order))}" && e.Event is OrderPlaced).Event.ShouldBeOfType<OrderPlaced>();
        var told = recorded.Single(e => e.Event is OrderConfirmed { Cart: { } } confirmed && confirmed.Operation.StartsWith(order, StringComparison.Ordinal));
        ((OrderConfirmed)told.Event).Cart.ShouldBe(placed.Cart);
        recorded.ShouldContain(e => e.Stream == $"cart/{Keys.Cart(placed.Cart)}");
        foreach (var read in (string[])[placed.Cart.Value, placed.Cart.Value[1..], $"cart_{placed.Cart.Value[1..]}"])
        {
            (await shop.Guest().Get($"/v1/carts/{read}")).ShouldBe(404, "not-found");
            (await shop.Guest().Post($"/v1/carts/{read}/lines", new { sku, quantity = 1 })).ShouldBe(404, "not-found");
            (await shop.Buy(read)).ShouldBe(404, "not-found");
            (await shop.Guest().Post($"/v1/carts/{await shop.Cart()}/merge", new { from = read }, Shopping.Fresh("merge"))).Status.ShouldBeOneOf(400, 404);
        }

        (await shop.Guest().Get($"/v1/carts/{cart}")).ShouldBe(200)["orderId"].ShouldBe(order);
        (await shop.Buy(cart)).ShouldBe(201)["orderId"].ShouldBe(order);
    }

    [Fact]
    public async Task A_cart_of_the_old_kind_goes_on_under_its_id()
    {
        var (old, sku) = ($"old-cart-{Guid.NewGuid():N}"[..32], await shop.Stocked(1));
        await shop.Opened(new CartId(old), CommandKey.None);
        (await shop.Guest().Get($"/v1/carts/{old}")).ShouldBe(200)["id"].ShouldBe(old);
        (await shop.Guest().Post($"/v1/carts/{old}/lines", new { sku, quantity = 1 })).ShouldBe(200)["id"].ShouldBe(old);
        (await shop.Buy(old)).ShouldBe(201)["orderId"].ShouldBe(OrderId.Derive(new CartId(old), 1).Value);
    }

    [Fact]
    public async Task A_carts_secret_is_never_logged()
    {
        var cart = await shop.Cart((await shop.Stocked(1), 1));
        (await shop.Buy(cart)).ShouldBe(201);
        shop.Log.Lines.ShouldNotContain(line => line.Contains(cart));
        shop.Log.Lines.ShouldNotContain(line => line.Contains(TestShop.OperatorToken));
    }

    private async Task<IEnumerable<RecordedEvent>> Recorded() =>
        (await Task.WhenAll(FeedStreams.Services.Select(service => shop.Journal.ReadFeed(service, 0, 0, int.MaxValue)))).SelectMany(page => page.Events);

    // All a reader of a feed or a database gets.
    private static string Whole(RecordedEvent e) => $"{e.Stream} {e.Actor} {e.Correlation} {e.Causation} {e.TraceParent} {Encoding.UTF8.GetString(e.Data)}";
}
