using Commerce.Catalog;
using Commerce.Gateway.Tests.Shop;
using Commerce.Inventory;
using Commerce.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Gateway.Tests.Products;

public sealed class ProductTests(TestShop shop)
{
    [Fact]
    public async Task A_product_is_created_once_and_found_again()
    {
        var body = new { sku = "p-twice", title = "Lantern", price = new { minor = 255, currency = "GBP" } };
        var created = (await shop.Operator().Post("/v1/admin/products", body)).ShouldBe(201);
        created["sku"].ShouldBe("P-TWICE");
        created.Headers.Location!.OriginalString.ShouldBe("/v1/products/P-TWICE");
        (await shop.Operator().Post("/v1/admin/products", body)).ShouldBe(200);
        (await shop.Operator().Post("/v1/admin/products", body with { title = "Lamp" })).ShouldBe(409, "illegal-transition");
    }

    [Theory]
    [InlineData("""{"sku":"","title":"x","price":{"minor":1,"currency":"GBP"}}""", "/sku")]
    [InlineData("""{"sku":".","title":"x","price":{"minor":1,"currency":"GBP"}}""", "/sku")]
    [InlineData("""{"sku":"..","title":"x","price":{"minor":1,"currency":"GBP"}}""", "/sku")]
    [InlineData("""{"sku":"p-bad","title":"","price":{"minor":1,"currency":"GBP"}}""", "/title")]
    [InlineData("""{"sku":"p-bad","title":"x","price":{"minor":-1,"currency":"GBP"}}""", "/price")]
    [InlineData("""{"sku":"p-bad","title":"x","price":{"minor":1.5,"currency":"GBP"}}""", "/price/minor")]
    [InlineData("""{"sku":"p-bad","title":"x","price":{"minor":1,"currency":"XYZ"}}""", "/price/currency")]
    [InlineData("""{"sku":"p-bad","title":"x"}""", "/price")]
    public async Task A_product_that_cannot_be_sold_is_refused(string body, string pointer)
    {
        (await shop.Operator().Post("/v1/admin/products", body)).ShouldBe(400, "validation-failed").Pointers.ShouldBe([pointer]);
        (await shop.Operator().Get("/v1/admin/products/p-bad")).ShouldBe(404, "not-found");
    }

    [Fact]
    public async Task A_product_that_was_not_changed_is_not_sent_again()
    {
        var sku = await shop.Stocked(0);
        var first = (await shop.Guest().Get($"/v1/products/{sku}")).ShouldBe(200);
        first.Headers.CacheControl!.Public.ShouldBeTrue();
        (await shop.Guest().Get($"/v1/products/{sku}", ("If-None-Match", first.ETag!))).ShouldBe(304).Body.ShouldBeEmpty();
        (await shop.Operator().Post($"/v1/admin/products/{sku}/prices", new { price = new { minor = 999, currency = "GBP" } })).ShouldBe(200);
        ((long)(await shop.Guest().Get($"/v1/products/{sku}", ("If-None-Match", first.ETag!))).ShouldBe(200).Json["prices"]![0]!["minor"]!).ShouldBe(999);
    }

    [Fact]
    public async Task A_page_whose_price_changed_by_itself_is_sent_again()
    {
        var sku = await shop.Stocked(0);
        var (path, price) = ($"/v1/products/{sku}", new { minor = 1, currency = "GBP" });
        (await shop.Operator().Post($"/v1/admin/products/{sku}/prices", new { price, from = DateTimeOffset.UtcNow.AddSeconds(3), to = DateTimeOffset.UtcNow.AddSeconds(6) })).ShouldBe(200);

        var tags = new List<string> { (await shop.Guest().Get(path)).ShouldBe(200).ETag! };
        (await shop.Guest().Get(path, ("If-None-Match", tags[0]))).ShouldBe(304);
        foreach (var minor in new[] { 1, 250 })
        {
            await TestShop.Eventually($"who has the page of before is told of the price {minor}", async () =>
                await shop.Guest().Get(path, ("If-None-Match", tags[^1])) is { Status: 200 } page && (long)page.Json["prices"]![0]!["minor"]! == minor);
            tags.Add((await shop.Guest().Get(path)).ETag!);
            (await shop.Operator().Get($"/v1/admin/products/{sku}")).ETag.ShouldBe(tags[^1]);
        }

        tags.ShouldBeUnique();
    }

    [Fact]
    public async Task Words_are_replaced_by_who_has_read_them_before_a_price_that_is_to_come()
    {
        var sku = await shop.Stocked(0);
        var scheduled = (await shop.Operator().Post(
            $"/v1/admin/products/{sku}/prices", new { price = new { minor = 1, currency = "GBP" }, from = DateTimeOffset.UtcNow.AddDays(1) })).ShouldBe(200);
        scheduled.ETag.ShouldStartWith($"\"{scheduled["version"]}-");
        (await shop.Guest().Get($"/v1/products/{sku}")).ETag.ShouldBe(scheduled.ETag);

        var (path, change) = ($"/v1/admin/products/{sku}", new { title = "Lantern on sale soon" });
        (await shop.Operator().Send(HttpMethod.Put, path, change, null, ("If-Match", scheduled.ETag!))).ShouldBe(200);
        (await shop.Operator().Send(HttpMethod.Put, path, change with { title = "Third" }, null, ("If-Match", scheduled.ETag!))).ShouldBe(412, "version-mismatch");
    }

    [Fact]
    public async Task What_another_gateway_changes_shows_within_seconds()
    {
        var sku = await shop.Stocked(0);
        (await shop.Guest().Get($"/v1/products/{sku}")).ShouldBe(200);
        var product = shop.Services.GetRequiredService<IGrainFactory>().Aggregate<IProductGrain>("product", Keys.Product(Sku.FromStored(sku)));
        (await product.SetPrice(new CommandKey("by-another-gateway", "888"), new Money(888, Currency.GBP), null, null)).Ok.ShouldBeTrue();

        await TestShop.Eventually("the new price is shown", async () =>
            (long)(await shop.Guest().Get($"/v1/products/{sku}")).ShouldBe(200).Json["prices"]![0]!["minor"]! == 888);
    }

    [Fact]
    public async Task A_page_that_was_kept_is_the_page_as_it_was_asked_for()
    {
        var sku = await shop.Stocked(0);
        var (asked, kept) = (await shop.Guest().Get($"/v1/products/{sku}"), await shop.Guest().Get($"/v1/products/{sku}"));

        kept.ShouldBe(200).Body.ShouldBe(asked.Body);
        kept.ETag.ShouldBe(asked.ETag);
        kept.Headers.CacheControl!.MaxAge.ShouldBe(TimeSpan.FromSeconds(1));
        kept.Body.ShouldBe((await shop.Operator().Get($"/v1/admin/products/{sku}")).Body);
    }

    [Fact]
    public async Task Words_are_only_replaced_by_who_has_read_them()
    {
        var sku = await shop.Stocked(0);
        var etag = (await shop.Operator().Get($"/v1/admin/products/{sku}")).ETag!;
        var change = new { title = "Brighter lantern" };
        var path = $"/v1/admin/products/{sku}";
        (await shop.Operator().Send(HttpMethod.Put, path, change)).ShouldBe(428, "precondition-required");
        (await shop.Operator().Send(HttpMethod.Put, path, change, null, ("If-Match", "seven"))).ShouldBe(400, "validation-failed");
        (await shop.Operator().Send(HttpMethod.Put, path, change, null, ("If-Match", "\"seven\""))).ShouldBe(412, "version-mismatch");
        (await shop.Operator().Send(HttpMethod.Put, path, change, null, ("If-Match", etag))).ShouldBe(200)["title"].ShouldBe("Brighter lantern");
        (await shop.Operator().Send(HttpMethod.Put, path, change with { title = "Third" }, null, ("If-Match", etag))).ShouldBe(412, "version-mismatch");
    }

    [Fact]
    public async Task What_is_off_sale_is_not_shown_and_not_sold()
    {
        var sku = await shop.Stocked(3);
        (await shop.Guest().Get($"/v1/products/{sku}/availability"))["available"].ShouldBe("3");
        (await shop.Operator().Post($"/v1/admin/products/{sku}/archive")).ShouldBe(200);
        (await shop.Guest().Get($"/v1/products/{sku}")).ShouldBe(404, "not-found");
        (await shop.Guest().Get($"/v1/products/{sku}/availability")).ShouldBe(404, "not-found");
        (await shop.Guest().Post($"/v1/carts/{await shop.Cart()}/lines", new { sku, quantity = 1 })).ShouldBe(404, "not-found");
        (await shop.Operator().Post($"/v1/admin/products/{sku}/publish")).ShouldBe(200);
        (await shop.Guest().Get($"/v1/products/{sku}")).ShouldBe(200);
    }

    [Theory]
    [InlineData("A/B")]
    [InlineData("50% OFF")]
    [InlineData("A%2FB")]
    [InlineData("GIFT_0001 + 2")]
    [InlineData("Ä?#1")]
    public async Task Any_printable_SKU_can_stand_in_an_address(string sku)
    {
        (await shop.Operator().Post("/v1/admin/products", new { sku, title = sku, price = new { minor = 1, currency = "GBP" } })).ShouldBe(201);
        var path = Uri.EscapeDataString(sku);
        (await shop.Guest().Get($"/v1/products/{path}")).ShouldBe(200)["title"].ShouldBe(sku);
        (await shop.Operator().Post($"/v1/admin/stock/{path}/adjustments", new { delta = 2, reason = "x" }, Shopping.Fresh("sku"))).ShouldBe(200)["sku"].ShouldBe(sku.ToUpperInvariant());
        (await shop.Operator().Get($"/v1/admin/stock/{path}"))["onHand"].ShouldBe("2");

        var cart = await shop.Cart((sku, 1));
        var line = (string)(await shop.Guest().Get($"/v1/carts/{cart}")).Json["lines"]![0]!["lineId"]!;
        ((int)(await shop.Guest().Send(HttpMethod.Patch, $"/v1/carts/{cart}/lines/{Uri.EscapeDataString(line)}", new { quantity = 2 })).ShouldBe(200)
            .Json["lines"]![0]!["quantity"]!).ShouldBe(2);
    }

    [Fact]
    public async Task Stock_whose_hold_lapses_by_itself_says_until_when_it_is_so()
    {
        var (sku, id) = (await shop.Stocked(3), OrderId.Derive(new CartId("a-cart-whose-hold-lapses"), 1));
        var (path, stock) = ($"/v1/admin/stock/{sku}", shop.Services.GetRequiredService<IGrainFactory>().Aggregate<IStockGrain>("stock", Keys.Stock(Sku.FromStored(sku))));
        (await stock.Reserve(id, 2, Term.Timed(DateTimeOffset.UtcNow.AddMinutes(10)))).Ok.ShouldBeTrue();

        var held = (await shop.Operator().Get(path)).ShouldBe(200);
        held.ETag.ShouldStartWith("\"2-");
        (await shop.Operator().Get(path, ("If-None-Match", held.ETag!))).ShouldBe(304);
        (await stock.Pin(id, 2)).Ok.ShouldBeTrue();
        (await shop.Operator().Get(path, ("If-None-Match", held.ETag!))).ShouldBe(200).ETag.ShouldBe("\"3\"");
    }

    [Fact]
    public async Task The_ledger_is_paged_by_a_cursor()
    {
        var sku = await shop.Stocked(1);
        foreach (var delta in new[] { 2, 3, -1 })
            (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta, reason = $"by {delta}" }, Shopping.Fresh("ledger"))).ShouldBe(200);

        var quantities = new List<int>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await shop.Operator().Get($"/v1/admin/stock/{sku}/ledger?limit=2&cursor={cursor}")).ShouldBe(200);
            quantities.AddRange(page.Json["items"]!.AsArray().Select(entry => (int)entry!["quantity"]!));
            cursor = (string?)page.Json["nextCursor"];
        }

        quantities.ShouldBe([1, 2, 3, -1]);
    }

    [Fact]
    public async Task Products_for_sale_are_listed_page_by_page_and_found_by_words()
    {
        string[] skus = [await shop.Stocked(0, title: "QUORUM teapot"), await shop.Stocked(0, title: "QUORUM cup"), await shop.Stocked(0, title: "QUORUM saucer")];
        await TestShop.Eventually("the three products are in the index", async () =>
            (await shop.Guest().Get("/v1/search?q=quorum")).ShouldBe(200).Json["items"]!.AsArray().Count == 3);

        var first = await shop.Guest().Get("/v1/search?q=qourum&limit=2");
        var second = await shop.Guest().Get($"/v1/search?q=qourum&limit=2&cursor={first["nextCursor"]}");
        Skus(first).Concat(Skus(second)).Order(StringComparer.Ordinal).ShouldBe(skus.Order(StringComparer.Ordinal));
        second.Json["nextCursor"].ShouldBeNull();

        var listed = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await shop.Guest().Get($"/v1/products?limit=7&cursor={cursor}")).ShouldBe(200);
            listed.AddRange(Skus(page));
            cursor = (string?)page.Json["nextCursor"];
        }

        listed.ShouldBe(listed.Distinct().Order(StringComparer.Ordinal));
        skus.ShouldBeSubsetOf(listed);
    }

    [Fact]
    public async Task A_search_says_on_request_what_there_is_at_which_price_and_is_narrowed_to_it_page_by_page()
    {
        var dear = await shop.Stocked(0, 5_000, "SAMOVAR of silver");
        string[] cheap = [await shop.Stocked(0, 1_000, "SAMOVAR of tin"), await shop.Stocked(0, 1_500, "SAMOVAR of iron"), await shop.Stocked(0, 1_999, "SAMOVAR of brass")];
        await TestShop.Eventually("the four products are in the index", async () =>
            (await shop.Guest().Get("/v1/search?q=samovar")).ShouldBe(200).Json["items"]!.AsArray().Count == 4);

        (await shop.Guest().Get("/v1/search?q=samovar")).Json["facets"].ShouldBeNull();
        var bands = (await shop.Guest().Get("/v1/search?q=samovar&limit=1&facets=price:GBP")).ShouldBe(200).Json["facets"]!["price"]!.AsArray();
        bands.Select(band => ((string)band!["filter"]!, (string)band["from"]!["amount"]!, (string)band["to"]!["amount"]!, (int)band["count"]!))
            .ShouldBe([("GBP:1000-1999", "10.00", "19.99", 3), ("GBP:5000-9999", "50.00", "99.99", 1)]);
        (await shop.Guest().Get("/v1/search?q=samovar&facets=price:EUR")).ShouldBe(200).Json["facets"]!["price"]!.AsArray().ShouldBeEmpty();

        var first = (await shop.Guest().Get("/v1/search?q=samovar&limit=2&price=GBP:1000-1999&facets=price:GBP")).ShouldBe(200);
        var second = (await shop.Guest().Get($"/v1/search?q=samovar&limit=2&price=GBP:1000-1999&cursor={first["nextCursor"]}")).ShouldBe(200);
        Skus(first).Concat(Skus(second)).Order(StringComparer.Ordinal).ShouldBe(cheap.Order(StringComparer.Ordinal));
        second.Json["nextCursor"].ShouldBeNull();
        first.Json["facets"]!.ToJsonString().ShouldBe((await shop.Guest().Get("/v1/search?q=samovar&facets=price:GBP")).Json["facets"]!.ToJsonString());

        (await shop.Operator().Post($"/v1/admin/products/{dear}/prices", new { price = new { minor = 1_200, currency = "GBP" } })).ShouldBe(200);
        await TestShop.Eventually("what became cheaper is found at its new price", async () =>
            Skus((await shop.Guest().Get("/v1/search?q=samovar&price=GBP:1000-1999")).ShouldBe(200)).Contains(dear));
    }

    private static IEnumerable<string> Skus(Reply page) => page.Json["items"]!.AsArray().Select(item => (string)item!["sku"]!);
}
