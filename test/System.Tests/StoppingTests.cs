using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Commerce.System.Tests;

public sealed class StoppingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_shop_told_to_stop_answers_who_is_waiting_and_ends_in_time()
    {
        var port = RunningShop.FreePort();
        using var shop = await Commerce.Up(_folder, port);
        using var guest = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var merchant = new HttpClient { BaseAddress = guest.BaseAddress };
        merchant.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(_folder, "operator-token")).Trim());
        (await RunningShop.Post(merchant, "/v1/admin/products", new { sku = "TEA", title = "Tea", price = new { minor = 150, currency = "GBP" } })).Ok(HttpStatusCode.Created);
        (await RunningShop.Post(merchant, "/v1/admin/stock/TEA/adjustments", new { delta = 5, reason = "delivery" })).Ok();
        var cart = (await RunningShop.Post(guest, "/v1/carts", new { currency = "GBP" })).Ok(HttpStatusCode.Created).Text("id");
        (await RunningShop.Post(guest, $"/v1/carts/{cart}/lines", new { sku = "TEA", quantity = 1 })).Ok();

        // The provider never answers: the request would wait its full time.
        var waiting = RunningShop.CheckOut(guest, cart, "tok_timeout_before", wait: 60);
        await Asked(merchant);
        var stopped = shop.Terminate();

        (await waiting).Ok(HttpStatusCode.Accepted).Text("status").ShouldBeOneOf("authorising", "paymentUncertain");
        (await stopped.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(0);
    }

    [Fact]
    public async Task A_shop_is_stopped_from_another_terminal_and_gone_when_that_is_said()
    {
        using var shop = await Commerce.Up(_folder, RunningShop.FreePort());

        (await Down()).ShouldBe((0, """{"ok":true,"stopped":true}"""));
        (await shop.Ended().WaitAsync(TimeSpan.FromSeconds(1))).ShouldBe(0);
        (await Down()).ShouldBe((0, """{"ok":true,"stopped":false}"""));
    }

    private async Task<(int Exit, string Answer)> Down()
    {
        var (exit, output, errors) = await Commerce.Run("down", "--json", "--data", _folder);
        var answer = JsonNode.Parse(output).ShouldNotBeNull(errors).AsObject();
        answer["dataDir"]!.GetValue<string>().ShouldBe(_folder);
        answer.Remove("dataDir");
        return (exit, answer.ToJsonString());
    }

    // Its order has noted what it holds, and asks the provider.
    private static async Task Asked(HttpClient merchant)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await Any("authorising") && !await Any("paymentUncertain")) await Task.Delay(20, patience.Token);

        async Task<bool> Any(string status) => (await RunningShop.Get(merchant, $"/v1/orders?status={status}")).Ok().Body.GetProperty("items").GetArrayLength() > 0;
    }
}
