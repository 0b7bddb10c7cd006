using Commerce.Gateway.Access;
using Commerce.Gateway.Tests.Shop;
using Microsoft.AspNetCore.Routing;

namespace Commerce.Gateway.Tests.Access;

public sealed class AccessTests(TestShop shop)
{
    private const string Nobodys = "00000000000000000000000000000000-1";

    private static readonly string[] Undeclared = ["GET /v1/undeclared"];

    private IEnumerable<(string Name, HttpMethod Method, string Path, Policy? Policy)> Routes =>
        from route in shop.Routes
        from method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        let pattern = "/" + route.RoutePattern.RawText!.TrimStart('/')
        let path = pattern.Replace("{id}", Nobodys).Replace("{sku}", "X").Replace("{lineId}", "1").Replace("{documentName}", "v1").Replace("{**rest}", "")
        select ($"{method} {pattern}", new HttpMethod(method), path, route.Metadata.GetMetadata<Policy>());

    [Fact]
    public void Every_route_declares_who_may_use_it()
    {
        Routes.Count().ShouldBeGreaterThan(30);
        Routes.Where(route => route.Policy is null).Select(route => route.Name).ShouldBe(Undeclared);
    }

    [Fact]
    public async Task A_route_that_declares_nothing_is_open_to_nobody()
    {
        (await shop.Guest().Get("/v1/undeclared")).ShouldBe(403, "forbidden");
        (await shop.Operator().Get("/v1/undeclared")).ShouldBe(403, "forbidden");
    }

    [Fact]
    public async Task What_is_not_public_wants_a_token_of_ours()
    {
        foreach (var (name, method, path, policy) in Routes.Where(route => route.Policy is { To: not Audience.Public }))
        {
            (await shop.Guest().Send(method, path, Body(method))).ShouldBe(401, "unauthenticated").Headers.WwwAuthenticate.ToString().ShouldBe(policy!.Challenge, name);
            (await shop.With("made-up").Send(method, path, Body(method))).ShouldBe(401, "unauthenticated");
            (await shop.With($"{Nobodys}.made-up").Send(method, path, Body(method))).ShouldBe(401, "unauthenticated");
        }
    }

    [Fact]
    public async Task An_order_token_opens_its_order_and_nothing_else()
    {
        var mine = await shop.Buy(await shop.Cart((await shop.Stocked(1), 1)));
        var client = shop.With(mine["orderToken"]);
        (await client.Get($"/v1/orders/{mine["orderId"]}")).ShouldBe(200);
        (await client.Get($"/v1/orders/{mine["orderId"]}/timeline")).ShouldBe(200);
        (await client.Get("/v1/products")).ShouldBe(200);

        foreach (var (_, method, path, policy) in Routes.Where(route => route.Policy is { To: not Audience.Public }))
        {
            var reply = await client.Send(method, path, Body(method));
            if (policy!.To == Audience.Operator) reply.ShouldBe(403, "forbidden");
            else reply.ShouldBe(404, "not-found");
        }
    }

    [Fact]
    public async Task Somebody_elses_order_reads_like_no_order()
    {
        var (mine, other) = (await shop.Buy(await shop.Cart((await shop.Stocked(1), 1))), await shop.Buy(await shop.Cart((await shop.Stocked(1), 1))));
        var foreign = (await shop.With(mine["orderToken"]).Get($"/v1/orders/{other["orderId"]}")).ShouldBe(404, "not-found");
        var none = (await shop.Operator().Get($"/v1/orders/{Nobodys}")).ShouldBe(404, "not-found");
        foreign["detail"].ShouldBe(none["detail"]);
    }

    [Fact]
    public async Task The_operator_passes_every_gate()
    {
        foreach (var (name, method, path, _) in Routes.Where(route => route.Policy is { To: not Audience.Public }))
            (await shop.Operator().Send(method, path, Body(method))).Status.ShouldNotBeOneOf([401, 403, 500], name);
    }

    [Fact]
    public async Task A_mistyped_token_is_told_even_where_none_is_needed() =>
        (await shop.With("operator-tokem-of-the-tests").Post("/v1/carts", new { currency = "GBP" })).ShouldBe(401, "unauthenticated");

    [Theory]
    [InlineData("""{"currency":"GBP","customer":"c1"}""", "/customer")]
    public async Task Only_importers_name_a_customer(string body, string pointer) =>
        (await shop.Guest().Post("/v1/carts", body)).ShouldBe(403, "forbidden").Pointers.ShouldBe([pointer]);

    [Fact]
    public async Task Only_importers_bring_a_price()
    {
        var (sku, cart) = (await shop.Stocked(1), await shop.Cart());
        var body = new { sku, quantity = 1, unitPrice = new { minor = 1, currency = "GBP" } };
        (await shop.Guest().Post($"/v1/carts/{cart}/lines", body)).ShouldBe(403, "forbidden").Pointers.ShouldBe(["/unitPrice"]);
        (await shop.Guest().Get($"/v1/carts/{cart}")).Json["lines"]!.AsArray().Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("occurredAt", "2010-12-01T08:26:00Z")]
    [InlineData("returnsAnyTime", true)]
    public async Task Only_importers_date_a_checkout(string field, object value)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(Shopping.Checkout(await shop.Cart((await shop.Stocked(1), 1))))!;
        body[field] = System.Text.Json.JsonSerializer.SerializeToNode(value);
        (await shop.Guest().Post("/v1/checkouts", body.ToJsonString(), Shopping.Fresh("dated"))).ShouldBe(403, "forbidden").Pointers.ShouldBe([$"/{field}"]);
    }

    private static string? Body(HttpMethod method) => method == HttpMethod.Post || method == HttpMethod.Put || method == HttpMethod.Patch ? "{}" : null;
}
