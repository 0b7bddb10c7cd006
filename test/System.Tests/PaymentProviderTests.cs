using System.Net;
using System.Text.Json;
using Commerce.Cli.Verify;
using Commerce.Kit.Payments;
using Commerce.PspSimulator;

namespace Commerce.System.Tests;

/// <summary>A whole shop with the payment simulator beside it, for the tests of a class.</summary>
public sealed class ShopWithSimulator : IAsyncLifetime
{
    public RunningShop Shop { get; private set; } = null!;

    public RunningSimulator Simulator { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var (folder, port) = (Directory.CreateTempSubdirectory("commerce-test-").FullName, RunningShop.FreePort());
        Simulator = await RunningSimulator.Start(Path.Combine(folder, "psp-simulator"), $"http://127.0.0.1:{port}/v1/hooks/psp/simulator");
        Shop = await RunningShop.Start(folder, port, Simulator);
    }

    /// <summary>The shop that was stopped runs again.</summary>
    public async Task Back() => Shop = await RunningShop.Start(Shop.Folder, Shop.Port, Simulator);

    public async ValueTask DisposeAsync()
    {
        await Simulator.DisposeAsync();
        await Shop.DisposeAsync();
    }
}

/// <summary>What a provider does to a shop, and a shopper's browser with both: the ledger there is ours to the penny, whatever happens on the way.</summary>
public sealed class PaymentProviderTests(ShopWithSimulator both) : IClassFixture<ShopWithSimulator>
{
    private static int _count;

    [Fact]
    public async Task A_shopper_pays_on_the_page_with_a_challenge_and_every_second_click_changes_nothing()
    {
        await Faults();
        var order = await Unpaid();
        var pages = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskForPage(order)));
        var page = pages.Select(Href).Distinct().ShouldHaveSingleItem();

        await both.Simulator.Choose(page, "tok_declined");
        var back = await both.Simulator.Choose(page, "tok_challenge", "yes");
        (await both.Simulator.Choose(page, "tok_ok"))!.ShouldBe(back);

        var seen = await Eventually(() => both.Shop.Guest.GetStringAsync(back), text => text.Contains("data-state=\"paid\"", StringComparison.Ordinal));
        seen.ShouldNotBeNull();
        (await Charges(order)).ShouldHaveSingleItem().ShouldBe((Kind.Authorise, State.Succeeded, 300L));
        await both.Shop.Verify();
    }

    [Fact]
    public async Task Whatever_becomes_of_a_message_the_order_is_paid_once()
    {
        string[] faults = ["hook-twice", "hook-late", "hook-early", "hook-lost", "hook-after-next", "hook-forged"];
        var orders = await Task.WhenAll(faults.Select(_ => Unpaid()));
        var pages = await Task.WhenAll(orders.Select(AskForPage));
        await Faults([.. orders.Zip(faults, (order, fault) => new Fault(fault, Key: Authorisation(order), Times: 1, Seconds: 3_600))]);

        await Task.WhenAll(pages.Select(page => both.Simulator.Choose(Href(page), "tok_ok")));
        await Task.WhenAll(orders.Select(order => Becomes(order, "confirmed")));

        // An hour later what was late has come, and changes nothing.
        await both.Simulator.Advance(TimeSpan.FromHours(1));
        (await Eventually(() => both.Simulator.Hooks("waiting"), waiting => waiting == 0)).ShouldBe(0);
        await both.Simulator.Advance(-TimeSpan.FromHours(1));
        (await both.Simulator.Hooks("lost")).ShouldBeGreaterThan(0);
        foreach (var order in orders)
        {
            (await StatusOf(order)).ShouldBe("confirmed");
            (await Charges(order)).ShouldHaveSingleItem().ShouldBe((Kind.Authorise, State.Succeeded, 300L));
        }

        await both.Shop.Verify();
    }

    [Fact]
    public async Task An_authorisation_without_an_answer_is_asked_again_and_never_a_second_one()
    {
        string[] faults = ["timeout-after", "timeout-before", "reset-after"];
        var orders = await Task.WhenAll(faults.Select(_ => Unpaid()));
        await Faults([.. orders.Zip(faults, (order, fault) => new Fault(fault, Key: Authorisation(order), Times: 1))]);

        await Task.WhenAll(orders.Select(order => RunningShop.Post(both.Shop.Operator, $"/v1/orders/{order.Text("orderId")}/payments", new { token = "tok_ok" })));

        foreach (var order in orders)
        {
            await Becomes(order, "confirmed");
            (await Charges(order)).ShouldHaveSingleItem().ShouldBe((Kind.Authorise, State.Succeeded, 300L));
        }

        await both.Shop.Verify();
    }

    /// <summary>PrestaShop Checkout #1546: the shopper was shown an error, and had paid.</summary>
    [Fact]
    public async Task PsCheckout1546_Error_but_paid()
    {
        // Nor is there a message that would tell sooner.
        await Faults(new Fault("error-after", On: "authorise", Times: 1), new Fault("hook-lost", Times: 1));

        var order = await both.Shop.CheckOut(await Cart(), wait: 1);

        order.Status.ShouldBe(HttpStatusCode.Accepted);
        order.Text("status").ShouldBe("paymentUncertain");
        await Becomes(order, "confirmed");
        (await Charges(order)).Count.ShouldBe(1);
    }

    /// <summary>Medusa #13301: one order's payment was captured twice.</summary>
    [Fact]
    public async Task Medusa13301_Captured_twice()
    {
        await Faults(new Fault("timeout-after", On: "capture", Times: 1));
        var order = (await both.Shop.CheckOut(await Cart())).Ok(HttpStatusCode.Created);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Operate(order, "ship", new { }, "one-and-the-same-key")));

        await Becomes(order, "shipped");
        (await Charges(order)).ShouldBe([(Kind.Authorise, State.Succeeded, 300L), (Kind.Capture, State.Succeeded, 300L)]);
        await both.Shop.Verify();
    }

    [Fact]
    public async Task A_refund_asked_twice_is_paid_once_and_never_more_than_was_taken()
    {
        await Faults();
        var order = (await both.Shop.CheckOut(await Cart())).Ok(HttpStatusCode.Created);
        await Operate(order, "ship", new { });
        await Operate(order, "deliver", new { });
        await Faults(new Fault("error-after", On: "refund", Times: 1));
        var line = (await Read(order)).Body.GetProperty("lines")[0].GetProperty("lineId").GetString();
        var one = new { lines = new[] { new { lineId = line, quantity = 1 } }, reason = "too small" };

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Operate(order, "refund", one, "refund-once")));

        await Eventually(async () => (await Charges(order)).Where(done => done.Item1 == Kind.Refund).ToList(), refunds => refunds.Count > 0 && refunds[0].Item3 == 150);
        (await Charges(order)).Where(done => done.Item1 == Kind.Refund).ShouldHaveSingleItem();
        (await Eventually(() => Read(order), read => Minor(read, "refunded") == 150)).Status.ShouldBe(HttpStatusCode.OK);
        (await Operate(order, "refund", new { lines = new[] { new { lineId = line, quantity = 2 } }, reason = "too small" })).Status.ShouldBe(HttpStatusCode.Conflict);
        await both.Shop.Verify();
    }

    [Fact]
    public async Task What_a_bank_takes_back_is_in_our_books_and_leaves_the_order_as_it_is()
    {
        await Faults();
        var order = (await both.Shop.CheckOut(await Cart())).Ok(HttpStatusCode.Created);
        await Operate(order, "ship", new { });

        using (var taken = await both.Simulator.ChargeBack((await both.Simulator.Ledger()).Single(o => o.Kind == Kind.Capture && o.Account == $"t1/{order.Text("orderId")}").Key, 100)) taken.EnsureSuccessStatusCode();

        // One that nobody had told us of would be found by then.
        var later = TimeProvider.System.GetUtcNow().AddMinutes(11);
        (await Eventually(async () => (await Audit.Run(both.Shop.Folder, later)).Invariants.Single(rule => rule.Id == "I4").Violations.Count(v => v.Stream.StartsWith(order.Text("orderId"), StringComparison.Ordinal)), found => found == 0)).ShouldBe(0);
        (await Charges(order))[^1].ShouldBe((Kind.ChargeBack, State.Succeeded, 100L));
        (await StatusOf(order)).ShouldBe("shipped");
        await both.Shop.Verify();
    }

    [Fact]
    public async Task A_lapsed_authorisation_is_not_captured_and_nothing_leaves()
    {
        await Faults();
        var order = (await both.Shop.CheckOut(await Cart(), "tok_lapsed")).Ok(HttpStatusCode.Created);

        var shipped = await Operate(order, "ship", new { });

        shipped.Ok().Body.GetProperty("shipments")[0].GetProperty("state").GetString().ShouldBe("blocked");
        Minor(shipped, "captured").ShouldBe(0);
        await both.Shop.Verify();
    }

    [Fact]
    public async Task While_the_provider_is_away_orders_wait_and_when_it_is_back_they_go_on()
    {
        await both.Simulator.Plan(new Plan(Outage: true));
        var order = await both.Shop.CheckOut(await Cart(), wait: 1);
        order.Text("status").ShouldBe("paymentUncertain");

        await both.Simulator.Plan(new Plan());

        await Becomes(order, "confirmed");
        (await Charges(order)).ShouldHaveSingleItem().ShouldBe((Kind.Authorise, State.Succeeded, 300L));
        await both.Shop.Verify();
    }

    [Fact]
    public async Task Nine_faults_in_ten_and_the_books_agree_in_the_end()
    {
        string[] faults = ["timeout-before", "error-before", "error-after", "reset-after", "hook-lost", "hook-twice", "hook-after-next", "hook-forged"];
        await both.Simulator.Plan(new Plan(Seed: 7, Faults: [.. faults.Select(fault => new Fault(fault, Chance: fault == "timeout-before" ? 0.05 : 0.2))]));
        var orders = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ => await both.Shop.CheckOut(await Cart(), wait: 1)));

        await Faults();
        foreach (var order in orders) await Becomes(order, "confirmed");

        foreach (var order in orders) (await Charges(order)).ShouldHaveSingleItem().ShouldBe((Kind.Authorise, State.Succeeded, 300L));
        await both.Shop.Verify();
    }

    private Task Faults(params Fault[] faults) => both.Simulator.Faults(faults);

    private async Task<string> Cart()
    {
        var sku = $"P{Interlocked.Increment(ref _count):D4}";
        await both.Shop.Product(sku, 5);
        return await both.Shop.Cart((sku, 2));
    }

    private async Task<Answer> Unpaid()
    {
        var order = (await RunningShop.CheckOut(both.Shop.Guest, await Cart(), token: null)).Ok(HttpStatusCode.Accepted);
        order.Text("status").ShouldBe("awaitingPayment");
        return order;
    }

    private static string Authorisation(Answer order) => $"{order.Text("orderId")}/a1";

    private Task<Answer> AskForPage(Answer order) => RunningShop.Post(both.Shop.Operator, $"/v1/orders/{order.Text("orderId")}/payments", new { method = "redirect" });

    private static string Href(Answer order)
    {
        var next = order.Ok().Body.GetProperty("next");
        next.GetProperty("action").GetString().ShouldBe("redirect");
        return next.GetProperty("href").GetString()!;
    }

    private Task<Answer> Operate(Answer order, string what, object body, string? key = null) =>
        RunningShop.Post(both.Shop.Operator, $"/v1/admin/orders/{order.Text("orderId")}/{what}", body, key is null ? null : $"{key}-{order.Text("orderId")}");

    private Task<Answer> Read(Answer order) => RunningShop.Get(both.Shop.Operator, $"/v1/orders/{order.Text("orderId")}");

    private async Task<string> StatusOf(Answer order) => (await Read(order)).Ok().Text("status");

    private async Task Becomes(Answer order, string status) => (await Eventually(() => StatusOf(order), now => now == status)).ShouldBe(status);

    private static long Minor(Answer order, string what) => order.Body.GetProperty("payment").GetProperty(what).GetProperty("minor").GetInt64();

    // The provider's own books of one order.
    private async Task<List<(Kind, State, long)>> Charges(Answer order) =>
        [.. (await both.Simulator.Ledger()).Where(o => o.Account == $"t1/{order.Text("orderId")}").Select(o => (o.Kind, o.State, o.Answered.Minor))];

    private static async Task<T> Eventually<T>(Func<Task<T>> ask, Func<T, bool> wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await ask();
            if (wanted(answer) || patience.IsCancellationRequested) return answer;
            await Task.Delay(50, CancellationToken.None);
        }
    }
}

/// <summary>A shop that is away while its provider has something to say.</summary>
public sealed class MissedMessageTests : IAsyncLifetime
{
    private readonly ShopWithSimulator _both = new();

    public ValueTask InitializeAsync() => _both.InitializeAsync();

    public ValueTask DisposeAsync() => _both.DisposeAsync();

    [Fact]
    public async Task A_message_that_came_while_the_shop_was_away_comes_again()
    {
        await _both.Shop.Product("TEA", 5);
        var cart = await _both.Shop.Cart(("TEA", 2));
        var order = (await RunningShop.CheckOut(_both.Shop.Guest, cart, token: null)).Ok(HttpStatusCode.Accepted);
        var asked = (await RunningShop.Post(_both.Shop.Operator, $"/v1/orders/{order.Text("orderId")}/payments", new { method = "redirect" })).Ok();
        await _both.Shop.Stop();

        await _both.Simulator.Choose(asked.Body.GetProperty("next").GetProperty("href").GetString()!, "tok_ok");
        await Task.Delay(300);
        (await _both.Simulator.Hooks("sent")).ShouldBe(0);
        await _both.Back();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _both.Simulator.Hooks("sent") == 0 || (await RunningShop.Get(_both.Shop.Operator, $"/v1/orders/{order.Text("orderId")}")).Text("status") != "confirmed")
            await Task.Delay(50, patience.Token);
        await _both.Shop.Verify();
    }
}
