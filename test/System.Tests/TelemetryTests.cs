using System.Diagnostics;
using System.Runtime.Versioning;

namespace Commerce.System.Tests;

/// <summary>What is seen of a shop from outside.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TelemetryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_checkout_is_one_trace_from_the_gateway_to_the_projection_and_no_cart_can_be_read_from_it()
    {
        await using var collector = await Collector.Start();
        var port = RunningShop.FreePort();
        using var shop = await Commerce.Up(Path.Combine(_folder, "shop"), port, collector.Variables);
        using var guest = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var merchant = new HttpClient { BaseAddress = guest.BaseAddress };
        merchant.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(Path.Combine(_folder, "shop", "operator-token")).Trim());
        (await RunningShop.Post(merchant, "/v1/admin/products", new { sku = "TEA", title = "Tea", price = new { minor = 150, currency = "GBP" } })).Ok(global::System.Net.HttpStatusCode.Created);
        (await RunningShop.Post(merchant, "/v1/admin/stock/TEA/adjustments", new { delta = 5, reason = "delivery" })).Ok();

        var (trace, cart) = await Traced.Checkout(guest, "TEA");
        await Traced.Reaches(collector, trace, ("shop", "POST /v1/checkouts"), ("shop", "append order"), ("shop", "publish order"), ("shop", "apply order"));
        collector.Spans.ShouldContain(span => span.Traces[0] == trace && span.Name.Contains("IStockGrain", StringComparison.Ordinal));
        collector.Saw(cart).ShouldBeFalse("a cart's id is its secret");
        var metrics = await merchant.GetStringAsync("/metrics");
        foreach (var name in new[] { "commerce_stock_holds", "orleans_catalog_activations", "http_server_request_duration_seconds_count", "dotnet_gc_collections_total" })
            metrics.ShouldContain($"\n{name}{{", Case.Sensitive);
        metrics.ShouldNotContain("orleans_messaging_sent", Case.Sensitive, "what costs with every message is left off");
        (await shop.Terminate()).ShouldBe(0);
    }

    [Fact]
    public async Task A_program_whose_database_is_away_says_so_in_one_sentence_and_waits()
    {
        var token = Path.Combine(_folder, "token");
        File.WriteAllText(token, "token");
        var closed = RunningShop.FreePort();
        await Task.WhenAll(new[] { "Silo", "Gateway", "Analytics" }.Select(async program =>
        {
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{program}.dll")]) { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (var (name, value) in new Dictionary<string, string>
            {
                ["Name"] = program, ["SiloPort"] = "1", ["Http"] = "http://127.0.0.1:1", ["Data"] = _folder, ["Secrets"] = _folder, ["OperatorTokenFile"] = token,
                ["ConnectionStrings__cluster"] = $"Host=127.0.0.1;Port={closed};Database=commerce_cluster;Username=nobody;Password=none",
            }) start.Environment[name] = value;
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            (await process.StandardError.ReadLineAsync()).ShouldBe($"PostgreSQL at 127.0.0.1:{closed} is away (nobody listens there); waiting for it.");
            process.HasExited.ShouldBeFalse(program);
            process.Kill();
            await process.WaitForExitAsync();
            (await output + await process.StandardError.ReadToEndAsync()).ShouldBe("", program);
        }));
    }
}

/// <summary>A checkout whose way is followed.</summary>
internal static class Traced
{
    /// <summary>Buys one; answers the trace it was asked under, and the cart.</summary>
    public static async Task<(string Trace, string Cart)> Checkout(HttpClient guest, string sku)
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        guest.DefaultRequestHeaders.Remove("traceparent");
        guest.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
        var cart = (await RunningShop.Post(guest, "/v1/carts", new { currency = "GBP" })).Ok(global::System.Net.HttpStatusCode.Created).Text("id");
        (await RunningShop.Post(guest, $"/v1/carts/{cart}/lines", new { sku, quantity = 1 })).Ok();
        (await RunningShop.CheckOut(guest, cart, "tok_ok")).Text("status").ShouldBe("confirmed");
        guest.DefaultRequestHeaders.Remove("traceparent");
        return (trace, cart);
    }

    /// <summary>Waits until the trace is seen at all these places, as its own or linked; says where in vain.</summary>
    public static async Task Reaches(Collector collector, string trace, params (string Program, string Span)[] places)
    {
        for (var tries = 0; ; tries++)
        {
            var missing = places.Where(place => !collector.Spans.Any(span => span.Service == $"commerce-{place.Program}" && span.Name == place.Span && span.Traces.Contains(trace))).ToList();
            if (missing.Count == 0) return;
            if (tries == 300) missing.ShouldBeEmpty(string.Join('\n', collector.Spans.Where(span => span.Traces.Contains(trace)).Select(span => $"{span.Service} {span.Name}").Distinct()));
            await Task.Delay(100);
        }
    }
}
