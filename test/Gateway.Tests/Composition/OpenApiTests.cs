using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Composition;

public sealed class OpenApiTests(TestShop shop)
{
    [Fact]
    public async Task The_document_lists_exactly_these_operations()
    {
        var document = (await shop.Guest().Get("/openapi/v1.json")).ShouldBe(200);
        document["openapi"].ShouldStartWith("3.1");
        var operations = document.Json["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation =>
            $"{operation.Key.ToUpperInvariant()} {path.Key}{(operation.Value!["security"] is null ? "" : " token")}{(NeedsKey(operation.Value) ? " key" : "")}"));

        string.Join('\n', operations.Where(operation => !operation.Contains("undeclared")).Order(StringComparer.Ordinal)).ShouldBe(
            """
            DELETE /v1/carts/{id}
            DELETE /v1/carts/{id}/lines/{lineId}
            GET /healthz/live
            GET /healthz/ready
            GET /v1/admin/cluster token
            GET /v1/admin/customers/{id} token
            GET /v1/admin/products/{sku} token
            GET /v1/admin/stock/{sku} token
            GET /v1/admin/stock/{sku}/ledger token
            GET /v1/analytics/checksums token
            GET /v1/analytics/lag token
            GET /v1/analytics/revenue token
            GET /v1/analytics/stock-movements token
            GET /v1/analytics/top-products token
            GET /v1/carts/{id}
            GET /v1/orders token
            GET /v1/orders/{id} token
            GET /v1/orders/{id}/timeline token
            GET /v1/products
            GET /v1/products/{sku}
            GET /v1/products/{sku}/availability
            GET /v1/search
            PATCH /v1/carts/{id}/lines/{lineId}
            POST /v1/admin/customers token key
            POST /v1/admin/orders/{id}/cancel token key
            POST /v1/admin/orders/{id}/deliver token key
            POST /v1/admin/orders/{id}/park token key
            POST /v1/admin/orders/{id}/refund token key
            POST /v1/admin/orders/{id}/retry token key
            POST /v1/admin/orders/{id}/ship token key
            POST /v1/admin/orders/{id}/skip token key
            POST /v1/admin/products token
            POST /v1/admin/products/{sku}/archive token
            POST /v1/admin/products/{sku}/prices token
            POST /v1/admin/products/{sku}/publish token
            POST /v1/admin/stock/{sku}/adjustments token key
            POST /v1/analytics/rebuilds token key
            POST /v1/carts
            POST /v1/carts/{id}/lines
            POST /v1/carts/{id}/merge key
            POST /v1/carts/{id}/quote
            POST /v1/checkouts key
            POST /v1/hooks/psp/{provider}
            POST /v1/orders/{id}/cancel token key
            POST /v1/orders/{id}/payments token key
            POST /v1/orders/{id}/returns token key
            PUT /v1/admin/products/{sku} token
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Every_field_an_importer_may_send_is_described()
    {
        var document = (await shop.Guest().Get("/openapi/v1.json")).Body;
        foreach (var field in new[] { "unitPrice", "occurredAt", "returnsAnyTime", "customer", "lineId", "quoteHash" }) document.ShouldContain($"\"{field}\"");
        foreach (var header in new[] { "If-Match", "Prefer", "Idempotency-Key" }) document.ShouldContain($"\"{header}\"");
        document.ShouldNotContain("CartAddress");
    }

    [Fact]
    public async Task Every_answer_is_as_it_is_described()
    {
        var described = new Description((await shop.Guest().Get("/openapi/v1.json")).Json);
        var (sku, op, guest) = (await shop.Stocked(5, title: "Described lantern"), shop.Operator(), shop.Guest());
        await TestShop.Eventually("the product is found", async () => (await guest.Get("/v1/search?q=described")).Json["items"]!.AsArray().Count == 1);
        var cart = (await guest.Post("/v1/carts", new { currency = "GBP" })).ShouldBe(201);
        described.ShouldFit("POST /v1/carts", cart);
        described.ShouldFit("POST /v1/carts/{id}/lines", await guest.Post($"/v1/carts/{cart["id"]}/lines", new { sku, quantity = 1 }));
        described.ShouldFit("GET /v1/products/{sku}", await guest.Get($"/v1/products/{sku}"));
        described.ShouldFit("GET /v1/products/{sku}/availability", await guest.Get($"/v1/products/{sku}/availability"));
        described.ShouldFit("GET /v1/products", await guest.Get("/v1/products?limit=1"));
        described.ShouldFit("GET /v1/search", await guest.Get("/v1/search?q=described"));
        described.ShouldFit("GET /v1/search", await guest.Get("/v1/search?q=described&facets=price:GBP"));

        var unpaid = (await shop.Buy(cart["id"], token: null)).ShouldBe(202);
        var (holder, order) = (shop.With(unpaid["orderToken"]), $"/v1/orders/{unpaid["orderId"]}");
        described.ShouldFit("POST /v1/checkouts", unpaid);
        described.ShouldFit("GET /v1/orders/{id}", await holder.Get(order));
        described.ShouldFit("POST /v1/orders/{id}/payments", await holder.Post($"{order}/payments", new { token = "tok_ok" }, Shopping.Fresh("pay"), ("Prefer", "wait=20")));
        described.ShouldFit("POST /v1/admin/orders/{id}/ship", await op.Post($"/v1/admin{order[3..]}/ship", new { }, Shopping.Fresh("ship")));
        described.ShouldFit("GET /v1/orders/{id}/timeline", await holder.Get($"{order}/timeline"));
        described.ShouldFit("POST /v1/checkouts", (await shop.Buy(await shop.Cart((sku, 1)))).ShouldBe(201));
        described.ShouldFit("POST /v1/checkouts", (await shop.Buy(await shop.Cart((sku, 9)))).ShouldBe(409, "out-of-stock"));

        await TestShop.Eventually("the order is in the list", async () => (await op.Get("/v1/orders")).Body.Contains(unpaid["orderId"], StringComparison.Ordinal));
        described.ShouldFit("GET /v1/orders", await op.Get("/v1/orders"));
        described.ShouldFit("GET /v1/admin/stock/{sku}", await op.Get($"/v1/admin/stock/{sku}"));
        described.ShouldFit("GET /v1/admin/stock/{sku}/ledger", await op.Get($"/v1/admin/stock/{sku}/ledger"));
        described.ShouldFit("POST /v1/admin/customers", (await op.Post("/v1/admin/customers", new { id = Shopping.Fresh("c") }, Shopping.Fresh("customer"))).ShouldBe(201));
        described.ShouldFit("GET /v1/admin/cluster", await op.Get("/v1/admin/cluster"));
        described.ShouldFit("GET /healthz/ready", await guest.Get("/healthz/ready"));
    }

    [Fact]
    public async Task Every_problem_is_described_in_one_form()
    {
        var paths = (await shop.Guest().Get("/openapi/v1.json")).Json["paths"]!.AsObject();
        var problems = paths.SelectMany(path => path.Value!.AsObject()).SelectMany(operation => operation.Value!["responses"]!.AsObject())
            .Select(answer => (string?)answer.Value!["content"]?["application/problem+json"]?["schema"]!["$ref"]);

        problems.OfType<string>().Distinct().ShouldBe(["#/components/schemas/Problem"]);
    }

    [Fact]
    public async Task Times_are_described_as_times()
    {
        var schemas = (await shop.Guest().Get("/openapi/v1.json")).Json["components"]!["schemas"]!;
        schemas["OrderBody"]!["properties"]!["placedAt"]!.ShouldSatisfyAllConditions(time => ((string)time["type"]!).ShouldBe("string"), time => ((string)time["format"]!).ShouldBe("date-time"));
        foreach (var time in new[] { schemas["OrderBody"]!["properties"]!["payBy"]!, schemas["AdjustStock"]!["properties"]!["occurredAt"]!, schemas["SetPrice"]!["properties"]!["from"]! })
            (time["type"]!.ToJsonString(), (string)time["format"]!).ShouldBe(("""["null","string"]""", "date-time"));
    }

    [Fact]
    public async Task What_a_search_can_be_narrowed_by_is_described()
    {
        var document = (await shop.Guest().Get("/openapi/v1.json")).ShouldBe(200).Json;
        var described = document["paths"]!["/v1/search"]!["get"]!["parameters"]!.AsArray().Where(parameter => parameter!["description"] is not null);
        described.Select(parameter => (string)parameter!["name"]!).ShouldBe(["price", "facets"]);
        document["components"]!["schemas"]!["PriceBandBody"].ShouldNotBeNull();
    }

    [Fact]
    public async Task The_document_is_written_once_and_is_the_same_by_whatever_name_the_shop_is_called()
    {
        var first = (await shop.Guest().Get("/openapi/v1.json")).ShouldBe(200);
        var written = shop.DescriptionsWritten;
        var other = (await shop.Guest().Get("/openapi/v1.json?again", ("Host", "shop.example.org"))).ShouldBe(200);

        (other.Body, other.ContentType).ShouldBe((first.Body, "application/json"));
        shop.DescriptionsWritten.ShouldBe(written);
    }

    [Fact]
    public async Task A_document_that_could_not_be_written_is_written_for_the_next_who_asks()
    {
        await using var own = new TestShop();
        await own.InitializeAsync();
        own.DescriptionFails = true;
        (await own.Guest().Get("/openapi/v1.json")).ShouldBe(500, "internal-error");
        own.DescriptionFails = false;

        (await own.Guest().Get("/openapi/v1.json")).ShouldBe(200);
    }

    [Fact]
    public async Task The_pages_for_people_come_from_this_server_alone()
    {
        var page = (await shop.Guest().Get("/docs/")).ShouldBe(200).Body;
        page.ShouldNotContain("https://");
        (await shop.Guest().Get("/docs/scalar.js")).ShouldBe(200).Body.Length.ShouldBeGreaterThan(100_000);
    }

    [Fact]
    public async Task No_answer_names_the_server_software() => (await shop.Guest().Get("/v1/products")).Headers.Server.ShouldBeEmpty();

    private static bool NeedsKey(System.Text.Json.Nodes.JsonNode operation) =>
        operation["parameters"]?.AsArray().Any(parameter => (string?)parameter!["name"] == "Idempotency-Key" && (bool?)parameter["required"] == true) is true;
}
