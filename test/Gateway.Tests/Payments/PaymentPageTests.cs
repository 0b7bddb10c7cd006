using System.Security.Cryptography;
using System.Text;
using Commerce.Gateway.Payments;
using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Payments;

/// <summary>The way over the provider's page and back, and its messages.</summary>
public sealed class PaymentPageTests(TestShop shop)
{
    [Fact]
    public async Task An_order_is_paid_on_the_providers_page()
    {
        var (id, holder) = await Unpaid();
        var asked = (await Redirect(holder, id)).ShouldBe(200);

        asked["status"].ShouldBe("authorising");
        ((string)asked.Json["next"]!["action"]!).ShouldBe("redirect");
        ((string)asked.Json["next"]!["href"]!).ShouldBe($"{TestShop.ProviderPage}pay/{id}/a1");
        (await holder.Get($"/v1/orders/{id}")).Json["next"]!["action"]!.ToString().ShouldBe("redirect");
    }

    [Fact]
    public async Task Without_a_token_the_page_is_meant() =>
        (await (await Unpaid()).With(x => x.Holder.Post($"/v1/orders/{x.Id}/payments", "{}", Shopping.Fresh("pay")))).Json["next"]!["action"]!.ToString().ShouldBe("redirect");

    [Theory]
    [InlineData("https://elsewhere.test/thanks"), InlineData("//elsewhere.test/thanks"), InlineData("javascript:alert(1)"), InlineData("http://user@127.0.0.1/"), InlineData("/\\elsewhere.test")]
    public async Task The_shopper_is_never_sent_to_another_site(string returnUrl)
    {
        var (id, holder) = await Unpaid();
        (await Redirect(holder, id, returnUrl)).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["/returnUrl"]);
        (await holder.Get($"/v1/orders/{id}"))["status"].ShouldBe("awaitingPayment");
    }

    [Theory]
    [InlineData("""{"token":"tok_ok","method":"redirect"}""", "/token"), InlineData("""{"token":"tok_ok","returnUrl":"/thanks"}""", "/returnUrl"), InlineData("""{"method":"token"}""", "/token")]
    public async Task A_token_and_a_page_are_not_mixed(string body, string pointer)
    {
        var (id, holder) = await Unpaid();
        (await holder.Post($"/v1/orders/{id}/payments", body, Shopping.Fresh("pay"))).ShouldBe(400, "validation-failed").Pointers.ShouldBe([pointer]);
    }

    [Fact]
    public async Task The_page_of_the_order_says_confirming_until_the_truth_is_known()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        var back = shop.Payments.ReturnTo($"{id}/a1");

        var confirming = (await Browser().Get(back)).ShouldBe(200);
        (confirming.ContentType, confirming.Body.Contains("data-state=\"confirming\"", StringComparison.Ordinal)).ShouldBe(("text/html", true));

        shop.Payments.Pay($"{id}/a1");
        (await Browser().Get(back)).ShouldBe(200).Body.ShouldContain("data-state=\"paid\"");
        (await Browser().Get(back)).ShouldBe(200).Body.ShouldContain("data-state=\"paid\"");
        (await holder.Get($"/v1/orders/{id}"))["status"].ShouldBe("confirmed");
    }

    [Fact]
    public async Task However_often_the_page_is_loaded_the_provider_is_asked_now_and_then()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        var (back, before) = (shop.Payments.ReturnTo($"{id}/a1"), shop.Payments.Asked($"{id}/a1"));

        foreach (var _ in Enumerable.Range(0, 30)) (await Browser().Get(back)).ShouldBe(200).Body.ShouldContain("data-state=\"confirming\"");

        (shop.Payments.Asked($"{id}/a1") - before).ShouldBeInRange(1, 10);
        shop.Payments.Pay($"{id}/a1");
        await TestShop.Eventually("the page finds out by itself", async () => (await Browser().Get(back)).Body.Contains("data-state=\"paid\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_order_knows_its_page_says_at_once_however_often_it_was_loaded()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        var back = shop.Payments.ReturnTo($"{id}/a1");
        foreach (var _ in Enumerable.Range(0, 10)) await Browser().Get(back);
        shop.Payments.Pay($"{id}/a1");
        (await Hook(Message($"{id}/a1"))).ShouldBe(202);

        (await Browser().Get(back)).ShouldBe(200).Body.ShouldContain("data-state=\"paid\"");
    }

    [Fact]
    public async Task A_shopper_with_a_page_of_the_front_end_ends_there()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id, "/thanks?from=shop");
        var back = shop.Payments.ReturnTo($"{id}/a1");
        (await Browser().Get(back)).ShouldBe(200).Body.ShouldContain("confirming");
        shop.Payments.Pay($"{id}/a1");

        var sent = (await Browser().Get(back)).ShouldBe(302);

        sent.Headers.Location!.AbsoluteUri.ShouldBe($"{shop.Url}/thanks?from=shop");
        (await Browser().Get(back.Replace("thanks", "other", StringComparison.Ordinal))).ShouldBe(404, "not-found");
    }

    [Fact]
    public async Task An_address_that_names_no_page_to_go_on_to_was_not_given_out()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        shop.Payments.Pay($"{id}/a1");

        (await Browser().Get($"{shop.Payments.ReturnTo($"{id}/a1")}&then=")).ShouldBe(404, "not-found");
    }

    [Fact]
    public async Task The_button_on_the_page_goes_to_the_provider_and_twice_to_the_same_place()
    {
        var (id, holder) = await Unpaid();
        var page = await PageOf(id, holder);
        (await Browser().Get(page)).ShouldBe(200).Body.ShouldContain("<button>Pay</button>");

        var clicks = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Browser().Send(HttpMethod.Post, page)));

        clicks.Select(click => click.ShouldBe(302).Headers.Location!.AbsoluteUri).Distinct().ShouldHaveSingleItem().ShouldBe($"{TestShop.ProviderPage}pay/{id}/a2");
    }

    [Fact]
    public async Task Nobody_without_the_key_sees_an_orders_page()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        var back = shop.Payments.ReturnTo($"{id}/a1");

        (await Browser().Get($"/pay/{id}")).ShouldBe(404, "not-found");
        (await Browser().Get(back[..^1])).ShouldBe(404, "not-found");
        (await Browser().Send(HttpMethod.Post, $"/pay/{id}?key=x")).ShouldBe(404, "not-found");
    }

    [Fact]
    public async Task A_signed_message_makes_the_order_look_however_often_it_comes()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        shop.Payments.Pay($"{id}/a1");

        foreach (var _ in Enumerable.Range(0, 3)) (await Hook(Message($"{id}/a1"))).ShouldBe(202);

        (await holder.Get($"/v1/orders/{id}"))["status"].ShouldBe("confirmed");
    }

    /// <summary>Medusa #16398: a message whose handling failed was acknowledged, and the paid order stayed unpaid.</summary>
    [Fact]
    public async Task Medusa16398_Failed_webhook_ignored()
    {
        // Its journal goes away, so the shop is nobody else's.
        await using var own = new TestShop();
        await own.InitializeAsync();
        var pages = new PaymentPageTests(own);
        var (id, holder) = await pages.Unpaid();
        await Redirect(holder, id);
        own.Payments.Pay($"{id}/a1");

        own.Journal.Down = true;
        (await pages.Hook(Message($"{id}/a1"))).ShouldBe(503, "dependency-unavailable");
        own.Journal.Down = false;

        (await pages.Hook(Message($"{id}/a1"))).ShouldBe(202);
        (await holder.Get($"/v1/orders/{id}"))["status"].ShouldBe("confirmed");
    }

    [Fact]
    public async Task A_message_about_money_that_is_being_let_go_of_is_asked_for_again()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        shop.Payments.SilentTo = id;
        shop.Payments.Pay($"{id}/a1");
        (await holder.Post($"/v1/orders/{id}/cancel", new { reason = "changed my mind" }, Shopping.Fresh("cancel")))["status"].ShouldBe("cancelling");

        (await Hook(Message($"{id}/a1"))).ShouldBe(503, "dependency-unavailable");
    }

    [Fact]
    public async Task What_a_message_claims_is_not_believed()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);

        (await Hook(Message($"{id}/a1", "authorise.succeeded"))).ShouldBe(202);

        (await holder.Get($"/v1/orders/{id}"))["status"].ShouldBe("authorising");
    }

    [Fact]
    public async Task A_forged_or_stale_message_is_refused_and_changes_nothing()
    {
        var (id, holder) = await Unpaid();
        await Redirect(holder, id);
        shop.Payments.Pay($"{id}/a1");
        var message = Message($"{id}/a1");

        (await Hook(message, secret: "somebody else's secret")).ShouldBe(401, "unauthenticated");
        (await Hook(message, age: TimeSpan.FromHours(1))).ShouldBe(400, "validation-failed");
        (await shop.Guest().Post("/v1/hooks/psp/simulator", message)).ShouldBe(401, "unauthenticated");

        (await holder.Get($"/v1/orders/{id}"))["status"].ShouldBe("authorising");
    }

    [Theory]
    [InlineData("""{"operation":"00000000000000000000000000000000-1/a1"}"""), InlineData("""{"operation":"nonsense"}"""), InlineData("""{"operation":7}"""), InlineData("[]"), InlineData("not json"), InlineData("{}")]
    [InlineData("""{"operation":"\ud800"}"""), InlineData("""{"\ud800":"x","operations":"x"}""")]
    public async Task What_is_not_about_one_of_ours_is_ignored(string message) => (await Hook(message)).ShouldBe(202);

    // A second time, too: nothing was done under the key, so it stands for nothing.
    [Fact]
    public async Task A_key_that_comes_with_a_message_of_another_form_than_ours_is_not_minded()
    {
        (await Hook("not json", key: "a-key-of-the-provider")).ShouldBe(202);
        (await Hook("nor is this", key: "a-key-of-the-provider")).ShouldBe(202);
        shop.Log.Lines.ShouldNotContain(line => line.Contains("JsonReaderException", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Messages_of_another_provider_have_no_address_here() =>
        (await shop.Guest().Post("/v1/hooks/psp/stripe", "{}")).ShouldBe(404, "not-found");

    [Fact]
    public async Task A_message_may_hold_what_a_request_of_ours_may_not() =>
        (await Hook("""{"operation":"x","card":{"cvc":"pass","number":"4242424242424242"},"list":[null]}""")).ShouldBe(202);

    [Theory, InlineData("stripe", """{"data":{"object":{"metadata":{"operation":"o/a1"}}}}"""), InlineData("simulator", """{"operation":"o/a1"}""")]
    public void The_operation_is_found_where_the_provider_puts_it(string provider, string message) =>
        HookEndpoints.OperationOf(provider, Encoding.UTF8.GetBytes(message)).ShouldBe("o/a1");

    [Fact]
    public void A_message_that_is_not_UTF8_says_nothing() =>
        HookEndpoints.OperationOf("simulator", Encoding.Latin1.GetBytes("""{"operation":"£"}""")).ShouldBeNull();

    private async Task<Order> Unpaid()
    {
        var placed = await shop.Buy(await shop.Cart((await shop.Stocked(5), 1)), token: null);
        placed["status"].ShouldBe("awaitingPayment");
        return new(placed["orderId"], shop.With(placed["orderToken"]));
    }

    // The key is in the address a first page was asked with; the shopper cancels that one.
    private async Task<string> PageOf(string id, HttpClient holder)
    {
        await Redirect(holder, id);
        var page = shop.Payments.ReturnTo($"{id}/a1");
        shop.Payments.Cancel($"{id}/a1");
        (await Browser().Get(page)).ShouldBe(200).Body.ShouldContain("data-state=\"unpaid\"");
        return page;
    }

    private static Task<Reply> Redirect(HttpClient holder, string id, string? returnUrl = null) =>
        holder.Post($"/v1/orders/{id}/payments", new { method = "redirect", returnUrl }, Shopping.Fresh("pay"));

    private static string Message(string operation, string type = "authorise.succeeded") => $$"""{"id":"evt-1","type":"{{type}}","operation":"{{operation}}"}""";

    private Task<Reply> Hook(string message, string secret = TestShop.HookSecret, TimeSpan age = default, string? key = null)
    {
        var time = (TimeProvider.System.GetUtcNow() - age).ToUnixTimeSeconds();
        var mac = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{message}")));
        return shop.Guest().Post("/v1/hooks/psp/simulator", message, key, ("Psp-Signature", $"t={time},v1={mac}"));
    }

    private HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(shop.Url) };

    private sealed record Order(string Id, HttpClient Holder)
    {
        public T With<T>(Func<Order, T> use) => use(this);
    }
}
