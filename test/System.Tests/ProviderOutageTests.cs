using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Commerce.System.Tests;

/// <summary>The payment provider is down for half an hour, of the clock that shop and simulator share: real programs, and no order that was in its hands is stuck afterwards.</summary>
[global::System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ProviderOutageTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;
    private readonly int _port = RunningShop.FreePort();
    private Commerce _up = null!;
    private HttpClient _guest = null!, _merchant = null!, _control = null!;

    public async ValueTask InitializeAsync()
    {
        _up = await Commerce.Up(_folder, _port, "--psp", "simulator", "--test-clock");
        (_guest, _merchant) = (Client($"http://127.0.0.1:{_port}", null), Client($"http://127.0.0.1:{_port}", File.ReadAllText(Path.Combine(_folder, "operator-token")).Trim()));
        var payments = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(Path.Combine(_folder, "payments.json")))!;
        _control = Client(payments["Url"], (await File.ReadAllTextAsync(payments["SecretFile"])).Trim());
    }

    public ValueTask DisposeAsync()
    {
        _up.Dispose();
        foreach (var client in (HttpClient[])[_guest, _merchant, _control]) client.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task After_half_an_hour_without_the_provider_its_ledger_is_ours_to_the_penny_and_no_order_is_stuck()
    {
        (await RunningShop.Post(_merchant, "/v1/admin/products", new { sku = "TEA", title = "Tea", price = new { minor = 150, currency = "GBP" } })).Ok(HttpStatusCode.Created);
        (await RunningShop.Post(_merchant, "/v1/admin/stock/TEA/adjustments", new { delta = 100, reason = "delivery" })).Ok();
        string shipping = await Bought(), returning = await Bought(), cancelling = await Bought();
        foreach (var step in (string[])["ship", "deliver"]) (await Operate(returning, step, new { })).Ok();

        await Outage(true);
        var waiting = new List<string>();
        for (var i = 0; i < 5; i++) waiting.Add((await CheckOut(wait: 1)).Text("orderId"));
        foreach (var order in waiting) (await Status(order)).ShouldBeOneOf("authorising", "paymentUncertain");
        await Operate(shipping, "ship", new { });
        var line = (await Read(returning)).Body.GetProperty("lines")[0].GetProperty("lineId").GetString();
        await Operate(returning, "refund", new { lines = new[] { new { lineId = line, quantity = 1 } }, reason = "too small" });
        await RunningShop.Post(_merchant, $"/v1/orders/{cancelling}/cancel", new { reason = "changed my mind" });
        await Advance("00:31:00");
        foreach (var order in waiting) (await Status(order)).ShouldBe("paymentUncertain");

        await Outage(false);
        // It is asked every five minutes by then.
        await Advance("00:05:00");

        foreach (var order in waiting) await Becomes(order, "expired");
        await Becomes(shipping, "shipped");
        await Becomes(cancelling, "cancelled");
        (await RunningCluster.Eventually(async () => (await Read(returning)).Body.GetProperty("payment").GetProperty("refunded").GetProperty("minor").GetInt64() == 150)).ShouldBeTrue("the refund is made");
        var (exit, output, errors) = await Commerce.Run("verify", "--data", _folder);
        exit.ShouldBe(0, output + errors);
        (await _up.Terminate()).ShouldBe(0);
    }

    [Fact]
    public async Task What_has_not_shipped_is_captured_before_the_provider_lets_its_authorisation_lapse()
    {
        (await RunningShop.Post(_merchant, "/v1/admin/products", new { sku = "TEA", title = "Tea", price = new { minor = 150, currency = "GBP" } })).Ok(HttpStatusCode.Created);
        (await RunningShop.Post(_merchant, "/v1/admin/stock/TEA/adjustments", new { delta = 100, reason = "delivery" })).Ok();
        var order = await Bought();

        await Advance("6.00:00:00");
        (await RunningCluster.Eventually(async () => (await Read(order)).Body.GetProperty("payment").GetProperty("captured").GetProperty("minor").GetInt64() == 150)).ShouldBeTrue("it is captured ahead");
        // By then the provider, whose clock has moved as well, captures nothing of it any more.
        await Advance("1.01:00:00");

        (await Operate(order, "ship", new { })).Ok().Text("status").ShouldBe("shipped");
        var (exit, output, errors) = await Commerce.Run("verify", "--data", _folder);
        exit.ShouldBe(0, output + errors);
    }

    private async Task<string> Bought() => (await CheckOut(wait: 30)).Ok(HttpStatusCode.Created).Text("orderId");

    private async Task<Answer> CheckOut(int wait)
    {
        var cart = (await RunningShop.Post(_guest, "/v1/carts", new { currency = "GBP" })).Ok(HttpStatusCode.Created).Text("id");
        (await RunningShop.Post(_guest, $"/v1/carts/{cart}/lines", new { sku = "TEA", quantity = 1 })).Ok();
        return await RunningShop.CheckOut(_guest, cart, "tok_ok", wait: wait);
    }

    private Task<Answer> Operate(string order, string what, object body) => RunningShop.Post(_merchant, $"/v1/admin/orders/{order}/{what}", body);

    private Task<Answer> Read(string order) => RunningShop.Get(_merchant, $"/v1/orders/{order}");

    private async Task<string> Status(string order) => (await Read(order)).Ok().Text("status");

    private async Task Becomes(string order, string status)
    {
        await RunningCluster.Eventually(async () => await Status(order) == status);
        (await Status(order)).ShouldBe(status);
    }

    private async Task Outage(bool on)
    {
        using var answer = await _control.PutAsJsonAsync("/control", new { outage = on });
        answer.EnsureSuccessStatusCode();
    }

    private async Task Advance(string by)
    {
        var (exit, output, errors) = await Commerce.Run("clock", "advance", by, "--data", _folder);
        exit.ShouldBe(0, output + errors);
    }

    private static HttpClient Client(string url, string? token)
    {
        var client = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(100) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}
