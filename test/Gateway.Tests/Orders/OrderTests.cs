using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Orders;

public sealed class OrderTests(TestShop shop)
{
    [Fact]
    public async Task An_order_is_shipped_delivered_returned_and_its_timeline_says_so()
    {
        var sku = await shop.Stocked(5);
        var bought = await shop.Buy(await shop.Cart((sku, 3)));
        var (id, path) = (bought["orderId"], $"/v1/admin/orders/{bought["orderId"]}");
        var line = (string)(await shop.Operator().Get($"/v1/orders/{id}")).Json["lines"]![0]!["lineId"]!;

        (await shop.Operator().Post($"{path}/ship", new { lines = new[] { new { lineId = line, quantity = 1 } } }, Shopping.Fresh("ship"))).ShouldBe(200)["status"].ShouldBe("partiallyShipped");
        (await shop.Operator().Post($"{path}/ship", new { lines = Array.Empty<object>() }, Shopping.Fresh("ship"))).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/lines"]);
        (await shop.Operator().Post($"{path}/ship", new { }, Shopping.Fresh("ship"))).ShouldBe(200)["status"].ShouldBe("shipped");
        (await shop.Operator().Post($"{path}/deliver", new { }, Shopping.Fresh("deliver"))).ShouldBe(200)["status"].ShouldBe("delivered");

        var returned = (await shop.With(bought["orderToken"])
            .Post($"/v1/orders/{id}/returns", new { lines = new[] { new { lineId = line, quantity = 2 } }, reason = "too many" }, Shopping.Fresh("return"))).ShouldBe(200);
        ((long)returned.Json["payment"]!["captured"]!["minor"]!).ShouldBe(750);
        ((long)returned.Json["payment"]!["refunded"]!["minor"]!).ShouldBe(500);
        // What was sold leaves the shelf a moment after it was sold.
        await TestShop.Eventually("on hand is what did not stay sold", async () => (await shop.Operator().Get($"/v1/admin/stock/{sku}"))["onHand"] == "4");

        (await shop.Operator().Post($"{path}/refund", new { lines = new[] { new { lineId = line, quantity = 1 } }, reason = "goodwill" }, Shopping.Fresh("refund"))).ShouldBe(200);
        (await shop.Operator().Get($"/v1/admin/stock/{sku}"))["onHand"].ShouldBe("4");

        var timeline = (await shop.With(bought["orderToken"]).Get($"/v1/orders/{id}/timeline")).Json["items"]!.AsArray();
        timeline.Select(entry => (string)entry!["type"]!).ShouldContain("order.delivered.v1");
        timeline.Select(entry => (string)entry!["actor"]!).Distinct().ShouldBeSubsetOf(["guest", "operator", "system"]);
        ((string)timeline[0]!["actor"]!).ShouldBe("guest");
        timeline.Select(entry => (string?)entry!["reason"]).OfType<string>().ShouldBe(["too many"]);
    }

    [Fact]
    public async Task A_line_named_after_its_barcode_is_shipped_and_comes_back()
    {
        const string barcode = "4006381330060";
        (await shop.Operator().Post("/v1/admin/products", new { sku = barcode, title = "Pencil", price = new { minor = 100, currency = "GBP" } })).ShouldBe(201);
        (await shop.Operator().Post($"/v1/admin/stock/{barcode}/adjustments", new { delta = 1, reason = "opening" }, Shopping.Fresh("barcode"))).ShouldBe(200);
        var bought = await shop.Buy(await shop.Cart((barcode, 1)));
        var lines = new { lines = new[] { new { lineId = barcode, quantity = 1 } }, reason = "blunt" };

        (await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/ship", new { lines.lines }, Shopping.Fresh("ship"))).ShouldBe(200)["status"].ShouldBe("shipped");
        (await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/deliver", new { }, Shopping.Fresh("deliver"))).ShouldBe(200);
        (await shop.With(bought["orderToken"]).Post($"/v1/orders/{bought["orderId"]}/returns", lines, Shopping.Fresh("return"))).ShouldBe(200);
    }

    [Fact]
    public async Task Where_a_body_only_says_more_none_is_needed()
    {
        var sku = await shop.Stocked(2);
        var (first, second) = (await shop.Buy(await shop.Cart((sku, 1))), await shop.Buy(await shop.Cart((sku, 1))));
        (await shop.With(first["orderToken"]).Post($"/v1/orders/{first["orderId"]}/cancel", null, Shopping.Fresh("cancel"))).ShouldBe(200)["status"].ShouldBe("cancelled");
        (await shop.Operator().Post($"/v1/admin/orders/{second["orderId"]}/ship", null, Shopping.Fresh("ship"))).ShouldBe(200)["status"].ShouldBe("shipped");
        (await shop.Operator().Post($"/v1/admin/orders/{second["orderId"]}/deliver", null, Shopping.Fresh("deliver"))).ShouldBe(200)["status"].ShouldBe("delivered");
        (await shop.Operator().Post($"/v1/admin/orders/{second["orderId"]}/refund", null, Shopping.Fresh("refund"))).ShouldBe(400, "validation-failed");
    }

    [Fact]
    public async Task What_has_not_shipped_is_cancelled_by_its_shopper_and_what_has_is_not()
    {
        var sku = await shop.Stocked(2);
        var (first, second) = (await shop.Buy(await shop.Cart((sku, 1))), await shop.Buy(await shop.Cart((sku, 1))));
        (await shop.With(first["orderToken"]).Post($"/v1/orders/{first["orderId"]}/cancel", new { }, Shopping.Fresh("cancel"))).ShouldBe(200)["status"].ShouldBe("cancelled");
        (await shop.Operator().Post($"/v1/admin/orders/{second["orderId"]}/ship", new { }, Shopping.Fresh("ship"))).ShouldBe(200);
        (await shop.Operator().Post($"/v1/admin/orders/{second["orderId"]}/cancel", null, Shopping.Fresh("cancel"))).ShouldBe(409, "illegal-transition");
        (await shop.With(second["orderToken"]).Post($"/v1/orders/{second["orderId"]}/cancel", new { reason = "changed my mind" }, Shopping.Fresh("cancel")))
            .ShouldBe(409, "illegal-transition");
    }

    [Fact]
    public async Task What_is_done_to_an_order_answers_the_order_as_it_is_read()
    {
        var sku = await shop.Stocked(2);
        var (one, other) = (await shop.Buy(await shop.Cart((sku, 1)), token: null), await shop.Buy(await shop.Cart((sku, 1)), token: null));
        var cancelled = (await shop.With(one["orderToken"]).Post($"/v1/orders/{one["orderId"]}/cancel", null, Shopping.Fresh("cancel"))).ShouldBe(200);
        var paid = (await shop.With(other["orderToken"]).Post($"/v1/orders/{other["orderId"]}/payments", new { token = "tok_ok" }, Shopping.Fresh("pay"), ("Prefer", "wait=20"))).ShouldBe(200);

        cancelled.Body.ShouldBe((await shop.Operator().Get($"/v1/orders/{one["orderId"]}")).Body);
        (paid["contact"], paid["shippingAddress"]).ShouldBe((cancelled["contact"], cancelled["shippingAddress"]));
    }

    [Fact]
    public async Task Only_a_parked_order_is_retried_or_skips_a_step_and_a_skip_says_why()
    {
        var bought = await shop.Buy(await shop.Cart((await shop.Stocked(1), 1)));
        (await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/retry", new { }, Shopping.Fresh("retry"))).ShouldBe(409, "illegal-transition");
        (await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/skip", new { reason = "by phone" }, Shopping.Fresh("skip"))).ShouldBe(409, "illegal-transition");
        (await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/skip", new { reason = " " }, Shopping.Fresh("skip"))).ShouldBe(400, "validation-failed");
    }

    [Fact]
    public async Task An_operator_parks_an_order_that_does_something_by_itself_and_says_why()
    {
        var placed = await shop.Buy(await shop.Cart((await shop.Stocked(1), 1)), token: null);
        var (path, holder) = ($"/v1/admin/orders/{placed["orderId"]}/park", shop.With(placed["orderToken"]));
        (await shop.Operator().Post(path, new { reason = "looks odd" }, Shopping.Fresh("park"))).ShouldBe(409, "illegal-transition")["detail"].ShouldContain("the shopper to pay");
        await holder.Post($"/v1/orders/{placed["orderId"]}/payments", new { method = "redirect" }, Shopping.Fresh("pay"));

        (await shop.Operator().Post(path, new { reason = " " }, Shopping.Fresh("park"))).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/reason"]);
        (await shop.Operator().Post(path, new { reason = "looks odd" })).ShouldBe(400, "validation-failed");
        var parked = (await shop.Operator().Post(path, new { reason = "looks odd" }, Shopping.Fresh("park"))).ShouldBe(200);
        parked["status"].ShouldBe("parked");
        (await shop.Operator().Post(path, new { reason = "looks odd, too" }, Shopping.Fresh("park"))).ShouldBe(200).Body.ShouldBe(parked.Body);
        var last = (await holder.Get($"/v1/orders/{placed["orderId"]}/timeline")).Json["items"]!.AsArray()[^1]!;
        ((string)last["type"]!, (string)last["actor"]!).ShouldBe(("order.parked.v1", "operator"));

        var next = (await holder.Get($"/v1/orders/{placed["orderId"]}")).Json["next"]!;
        ((string)next["action"]!, (string)next["hint"]!).ShouldBe(("wait", "The order was stopped, and goes on when an operator of the shop has looked after it; there is nothing for the shopper to do."));
        (await shop.Operator().Post($"/v1/admin/orders/{placed["orderId"]}/retry", new { }, Shopping.Fresh("retry"))).ShouldBe(200)["status"].ShouldBe("authorising");
    }

    [Theory]
    [InlineData("""{"lines":[{"lineId":"nope","quantity":1}],"reason":"x"}""", 400, "validation-failed")]
    [InlineData("""{"lines":[],"reason":"x"}""", 400, "validation-failed")]
    [InlineData("""{"lines":[{"lineId":"1","quantity":1}]}""", 400, "validation-failed")]
    [InlineData("""{"lines":[{"lineId":"1","quantity":1}],"reason":" "}""", 400, "validation-failed")]
    public async Task A_return_that_makes_no_sense_is_refused(string body, int status, string code)
    {
        var bought = await shop.Buy(await shop.Cart((await shop.Stocked(1), 1)));
        await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/ship", new { }, Shopping.Fresh("ship"));
        await shop.Operator().Post($"/v1/admin/orders/{bought["orderId"]}/deliver", new { }, Shopping.Fresh("deliver"));
        (await shop.With(bought["orderToken"]).Post($"/v1/orders/{bought["orderId"]}/returns", body, Shopping.Fresh("return"))).ShouldBe(status, code);
    }

    [Fact]
    public async Task An_importer_dates_and_prices_an_order_and_the_list_finds_it()
    {
        var sku = await shop.Stocked(10);
        var importer = shop.Operator();
        (await importer.Post("/v1/admin/customers", new { id = "c-17850", country = "United Kingdom" }, "customer-17850")).ShouldBe(201);
        var cart = (await importer.Post("/v1/carts", new { currency = "GBP", customer = "c-17850" }, "inv-536365")).ShouldBe(201);
        cart["customer"].ShouldBe("c-17850");
        var priced = (await importer.Post($"/v1/carts/{cart["id"]}/lines", new
        {
            lines = new object[] { new { sku, quantity = 3, lineId = "1", unitPrice = new { amount = "2.5501", currency = "GBP" } }, new { sku, quantity = 1, lineId = "2", unitPrice = new { minor = 100, currency = "GBP" } } },
        })).ShouldBe(200);
        priced.Json["lines"]![0]!["unitPrice"]!.ToJsonString().ShouldBe("""{"amount":"2.5501","currency":"GBP"}""");
        ((long)priced.Json["total"]!["minor"]!).ShouldBe(865);

        var body = System.Text.Json.JsonSerializer.SerializeToNode(Shopping.Checkout(cart["id"]))!;
        body["occurredAt"] = "2010-12-01T08:26:00Z";
        body["returnsAnyTime"] = true;
        var bought = (await importer.Post("/v1/checkouts", body.ToJsonString(), "inv-536365", ("Prefer", "wait=20"))).ShouldBe(201);
        (await importer.Get($"/v1/orders/{bought["orderId"]}"))["placedAt"].ShouldBe("2010-12-01T08:26:00Z");

        const string left = "2010-12-03T09:00:00Z";
        const string path = "/v1/orders?status=confirmed&from=2010-12-01&to=2010-12-02";
        await TestShop.Eventually("the imported order is in the list", async () => (await importer.Get(path)).ShouldBe(200).Json["items"]!.AsArray().Count == 1);
        var row = (await importer.Get(path)).Json["items"]![0]!;
        ((string)row["orderId"]!, (string)row["customer"]!, (long)row["total"]!["minor"]!).ShouldBe((bought["orderId"], "c-17850", 865L));
        (await importer.Get("/v1/orders?from=2010-12-02&to=2010-12-03")).Json["items"]!.AsArray().Count.ShouldBe(0);

        (await importer.Post($"/v1/admin/orders/{bought["orderId"]}/ship", new { occurredAt = left }, Shopping.Fresh("ship"))).ShouldBe(200)["status"].ShouldBe("shipped");
        (await importer.Get($"/v1/orders/{bought["orderId"]}/timeline")).Json["items"]!.AsArray().TakeLast(2).Select(entry => $"{entry!["type"]} {entry["occurredAt"]}")
            .ShouldBe([$"order.shipment-requested.v1 {left}", $"order.shipped.v1 {left}"]);
    }

    [Theory]
    [InlineData("2010-12-01T08:26:00")]
    [InlineData("2010-12-01")]
    [InlineData("yesterday")]
    public async Task A_time_without_an_offset_is_refused(string time) =>
        (await shop.Operator().Post($"/v1/admin/stock/{await shop.Stocked(0)}/adjustments", new { delta = 1, reason = "x", occurredAt = time }, Shopping.Fresh("time")))
            .ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/occurredAt"]);
}
