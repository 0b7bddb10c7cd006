using System.Net.Http.Headers;
using System.Text;
using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Requests;

/// <summary>Each kind of bad input is its own clear problem, and changes nothing.</summary>
public sealed class BadInputTests(TestShop shop)
{
    [Theory]
    [InlineData("not json", "")]
    [InlineData("{\"currency\":\"GBP\"", "")]
    [InlineData("{\"currency\":\"GBP\",}", "")]
    [InlineData("[]", "")]
    [InlineData("null", "")]
    [InlineData("{}", "/currency")]
    [InlineData("{\"currency\":null}", "/currency")]
    [InlineData("{\"currency\":7}", "/currency")]
    [InlineData("{\"currency\":\"XXX\"}", "/currency")]
    [InlineData("{\"currency\":\"gbp\"}", "/currency")]
    [InlineData("{\"currency\":\"GBP\",\"discount\":1}", "/discount")]
    [InlineData("{\"currency\":\"GBP\",\"Currency\":\"EUR\"}", "/Currency")]
    [InlineData("{\"currency\":\"\\ud800\"}", "")]
    public async Task A_broken_body_says_where(string body, string pointer) =>
        (await shop.Guest().Post("/v1/carts", body)).ShouldBe(400, "validation-failed").Pointers.ShouldBe([pointer]);

    [Fact]
    public async Task A_field_sent_twice_is_refused() =>
        (await shop.Guest().Post("/v1/carts", """{"currency":"GBP","currency":"EUR"}""")).ShouldBe(400, "validation-failed");

    [Fact]
    public async Task No_body_at_all_is_refused()
    {
        (await shop.Guest().Post("/v1/carts")).ShouldBe(400, "validation-failed");
        (await shop.Guest().Post("/v1/carts", "")).ShouldBe(400, "validation-failed");
    }

    [Fact]
    public async Task Another_content_type_is_refused()
    {
        (await shop.Guest().Post("/v1/carts", new StringContent("""{"currency":"GBP"}""", Encoding.UTF8, "text/plain"))).ShouldBe(415, "unsupported-media-type");
        (await shop.Guest().Post("/v1/carts", new FormUrlEncodedContent([new("currency", "GBP")]))).ShouldBe(415, "unsupported-media-type");
    }

    [Theory]
    [InlineData("utf8")]
    [InlineData("x")]
    [InlineData("iso-8859-1")]
    [InlineData("\"utf-16\"")]
    [InlineData("\"\"")]
    public async Task Another_charset_is_another_content_type(string charset)
    {
        (await shop.Guest().Post("/v1/carts", Json("""{"currency":"GBP"}"""u8, charset))).ShouldBe(415, "unsupported-media-type");
        (await shop.Guest().Post("/v1/carts", Json(""u8, charset), null, ("Transfer-Encoding", "chunked"))).ShouldBe(415, "unsupported-media-type");
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("UTF-8")]
    [InlineData("\"utf-8\"")]
    [InlineData("\"Utf-8\"; version=1")]
    public async Task UTF8_may_be_spelled_as_HTTP_allows(string charset) =>
        (await shop.Guest().Post("/v1/carts", Json("""{"currency":"GBP"}"""u8, charset))).ShouldBe(201);

    [Fact]
    public async Task Text_that_is_not_UTF8_is_refused()
    {
        var latin = new ByteArrayContent(Encoding.Latin1.GetBytes("""{"currency":"£"}"""));
        latin.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await shop.Guest().Post("/v1/carts", latin)).ShouldBe(400, "validation-failed")["detail"].ShouldContain("UTF-8");
    }

    [Fact]
    public async Task Too_large_is_413_with_and_without_a_length()
    {
        var large = Encoding.UTF8.GetBytes($$"""{"currency":"{{new string('x', 1_100_000)}}"}""");
        (await shop.Guest().Post("/v1/carts", Json(new ByteArrayContent(large)), headers: ("Expect", "100-continue"))).ShouldBe(413, "payload-too-large");
        (await shop.Guest().Post("/v1/carts", Json(new StreamContent(new Unmeasured(large))), headers: ("Expect", "100-continue"))).ShouldBe(413, "payload-too-large");
    }

    [Fact]
    public async Task Too_deep_is_told_from_broken()
    {
        var deep = (await shop.Guest().Post("/v1/carts", $$"""{"currency":{{new string('[', 40)}}{{new string(']', 40)}}}""")).ShouldBe(400, "validation-failed");
        deep["detail"].ShouldContain("32 levels");
        (await shop.Guest().Post("/v1/carts", new string('[', 100_000))).ShouldBe(400, "validation-failed")["detail"].ShouldContain("32 levels");
    }

    [Theory]
    [InlineData("""{"lines":[null]}""", "")]
    [InlineData("""{"sku":"SKU","quantity":0}""", "/quantity")]
    [InlineData("""{"sku":"SKU","quantity":-1}""", "/quantity")]
    [InlineData("""{"sku":"SKU","quantity":1000001}""", "/quantity")]
    [InlineData("""{"sku":"SKU","quantity":99999999999}""", "/quantity")]
    [InlineData("""{"sku":"SKU","quantity":1.5}""", "/quantity")]
    [InlineData("""{"sku":"SKU","quantity":"1"}""", "/quantity")]
    [InlineData("""{"lines":[{"sku":"SKU","quantity":1},{"sku":"SKU","quantity":0}]}""", "/lines/1/quantity")]
    [InlineData("""{"lines":[{"sku":"SKU","quantity":1},{"sku":"SKU"}]}""", "/lines/1/quantity")]
    [InlineData("""{"lines":[{"sku":"SKU","quantity":1,"price":1}]}""", "/lines/0/price")]
    [InlineData("""{"lines":[]}""", "/lines")]
    [InlineData("""{}""", "/lines")]
    [InlineData("""{"sku":"SKU","quantity":1,"lines":[]}""", "/lines")]
    [InlineData("""{"sku":" ","quantity":1}""", "/sku")]
    [InlineData("""{"sku":"..","quantity":1}""", "/sku")]
    [InlineData("""{"sku":"SKU","quantity":1,"lineId":"no spaces"}""", "/lineId")]
    [InlineData("""{"sku":"SKU","quantity":1,"lineId":"."}""", "/lineId")]
    public async Task A_bad_line_says_where_and_the_cart_is_as_before(string body, string pointer)
    {
        var cart = await shop.Cart();
        var sku = await shop.Stocked(0);
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", body.Replace("SKU", sku))).ShouldBe(400, "validation-failed").Pointers.ShouldBe([pointer]);
        (await shop.Guest().Get($"/v1/carts/{cart}")).Json["lines"]!.AsArray().Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_thousand_lines_pass_and_one_more_does_not()
    {
        var (cart, sku) = (await shop.Cart(), await shop.Stocked(0));
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", Lines(sku, 1_001))).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/lines"]);
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", Lines(sku, 1_000))).ShouldBe(200).Json["lines"]!.AsArray().Count.ShouldBe(1_000);
    }

    [Fact]
    public async Task An_unknown_SKU_is_named()
    {
        var cart = await shop.Cart();
        var refused = (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku = "NO-SUCH", quantity = 1 })).ShouldBe(404, "not-found");
        refused.Pointers.ShouldBe(["/sku"]);
        ((string)refused.Json["errors"]![0]!["sku"]!).ShouldBe("NO-SUCH");
    }

    [Fact]
    public async Task A_currency_the_product_is_not_sold_in_is_refused()
    {
        var cart = (await shop.Guest().Post("/v1/carts", new { currency = "EUR" }))["id"];
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku = await shop.Stocked(1), quantity = 1 })).ShouldBe(400, "validation-failed");
    }

    [Fact]
    public async Task An_importers_price_in_another_currency_is_refused()
    {
        var body = new { sku = await shop.Stocked(1), quantity = 1, unitPrice = new { minor = 1, currency = "EUR" } };
        (await shop.Operator().Post($"/v1/carts/{await shop.Cart()}/lines", body)).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/unitPrice/currency"]);
    }

    [Theory]
    [InlineData("nobodys-cart-0123456789012345678")]
    [InlineData("cart_nobodys-0123456789012345678901234")]
    [InlineData("cart_nobodys-012345678901234567890123")]
    [InlineData("x")]
    [InlineData("..%2F..%2Fetc")]
    public async Task Somebody_elses_cart_reads_like_no_cart(string id)
    {
        (await shop.Guest().Get($"/v1/carts/{id}")).ShouldBe(404, "not-found");
        (await shop.Guest().Post($"/v1/carts/{id}/lines", new { sku = await shop.Stocked(1), quantity = 1 })).ShouldBe(404, "not-found");
    }

    [Fact]
    public async Task A_cart_that_is_an_order_does_not_change()
    {
        var sku = await shop.Stocked(5);
        var cart = await shop.Cart((sku, 1));
        (await shop.Buy(cart)).ShouldBe(201);
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", new { sku, quantity = 1 })).ShouldBe(409, "cart-frozen");
    }

    [Theory]
    [InlineData("contact", "email", "nobody", "/contact/email")]
    [InlineData("contact", "email", "a@b@c", "/contact/email")]
    [InlineData("contact", "email", " ", "/contact/email")]
    [InlineData("shippingAddress", "name", "", "/shippingAddress/name")]
    [InlineData("shippingAddress", "postcode", "  ", "/shippingAddress/postcode")]
    [InlineData("payment", "token", "tok ok", "/payment/token")]
    public async Task A_checkout_says_which_words_are_missing(string part, string field, string value, string pointer)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(Shopping.Checkout(await shop.Cart((await shop.Stocked(1), 1))))!;
        body[part]![field] = value;
        (await shop.Guest().Post("/v1/checkouts", body.ToJsonString(), Shopping.Fresh("words"))).ShouldBe(400, "validation-failed").Pointers.ShouldBe([pointer]);
    }

    [Fact]
    public async Task An_empty_cart_is_not_checked_out() =>
        (await shop.Buy(await shop.Cart())).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/cartId"]);

    [Fact]
    public async Task A_card_number_anywhere_is_refused_and_never_logged_and_nothing_happens()
    {
        const string card = "4929 4212 3460 0821";
        var sku = await shop.Stocked(1);
        var cart = await shop.Cart((sku, 1));
        (await shop.Guest().Post("/v1/checkouts", Shopping.Checkout(cart, token: card), Shopping.Fresh("card"))).ShouldBe(422, "card-data-rejected").Body.ShouldNotContain("4929");
        (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 1, reason = $"card {card}" }, Shopping.Fresh("card"))).ShouldBe(422, "card-data-rejected");
        (await shop.Guest().Post("/v1/checkouts", """{"cvv":"123"}""", Shopping.Fresh("card"))).ShouldBe(422, "card-data-rejected");
        (await shop.Guest().Post("/v1/checkouts", """{"payment":{"token":"4929\u0020421234600821"}}""", Shopping.Fresh("card"))).ShouldBe(422, "card-data-rejected");

        (await shop.Guest().Get($"/v1/carts/{cart}"))["status"].ShouldBe("open");
        (await shop.Operator().Get($"/v1/admin/stock/{sku}"))["onHand"].ShouldBe("1");
        shop.Log.Lines.ShouldNotContain(line => line.Contains("4929"));
    }

    [Theory]
    [InlineData("4929421234600821")]
    [InlineData("4929%2042123460%200821")]
    public async Task A_card_number_in_an_address_is_not_kept_as_a_SKU(string sku)
    {
        (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", new { delta = 1, reason = "x" }, Shopping.Fresh("card"))).ShouldBe(422, "card-data-rejected");
        (await shop.Operator().Get($"/v1/admin/stock/{sku}"))["onHand"].ShouldBe("0");
    }

    [Theory]
    [InlineData("GET", "/v1/nowhere", 404, "not-found")]
    [InlineData("GET", "/v1/admin/nowhere", 404, "not-found")]
    [InlineData("DELETE", "/v1/products", 405, "method-not-allowed")]
    [InlineData("GET", "/v1/products?cursor=nonsense!", 400, "validation-failed")]
    [InlineData("GET", "/v1/products?limit=ten", 400, "validation-failed")]
    [InlineData("GET", "/v1/search", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=%20", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&price=", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&price=1000-1999", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&price=XYZ:1000-1999", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&price=GBP:10.00-19.99", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&price=GBP:2-1", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&price=GBP:0-9999999999999999999", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&facets=colour", 400, "validation-failed")]
    [InlineData("GET", "/v1/search?q=tea&facets=price:gbp", 400, "validation-failed")]
    [InlineData("GET", "/v1/orders?status=lost", 400, "validation-failed")]
    [InlineData("GET", "/v1/orders?from=yesterday", 400, "validation-failed")]
    [InlineData("GET", "/v1/orders/nonsense", 404, "not-found")]
    [InlineData("GET", "/v1/admin/customers/no%20body", 404, "not-found")]
    [InlineData("GET", "/v1/admin/customers/nobody", 404, "not-found")]
    public async Task A_bad_address_is_a_problem_too(string method, string path, int status, string code) =>
        (await shop.Operator().Send(new HttpMethod(method), path)).ShouldBe(status, code);

    private static object Lines(string sku, int count) =>
        new { lines = Enumerable.Range(0, count).Select(i => new { sku, quantity = 1, lineId = $"l{i}" }) };

    private static ByteArrayContent Json(ReadOnlySpan<byte> body, string charset)
    {
        var content = new ByteArrayContent(body.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");
        return content;
    }

    private static HttpContent Json(HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    // A body whose length the client does not know before it is sent.
    private sealed class Unmeasured(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
