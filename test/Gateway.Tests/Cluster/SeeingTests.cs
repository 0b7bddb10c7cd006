using System.Net.Http.Headers;
using System.Text;
using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Cluster;

/// <summary>Metrics, and the way to the dashboard. Here there is no replica of Analytics, which shows the dashboard; a cluster's test sees it.</summary>
public sealed class SeeingTests(TestShop shop)
{
    private const string Dashboard = "/v1/admin/dashboard/";

    [Fact]
    public async Task Operators_read_the_metrics_as_text()
    {
        var metrics = (await shop.Operator().Get("/metrics")).ShouldBe(200);
        metrics.ContentType.ShouldBe("text/plain");
        // What is measured is seen where a shop has its process to itself (TelemetryTests): of several shops in one it is one to the exporter, and ends with the first.
        metrics.Body.ShouldStartWith("# TYPE target_info gauge");
    }

    [Theory]
    [InlineData(TestShop.OperatorToken, 503)]
    [InlineData("made-up", 401)]
    [InlineData("", 401)]
    public async Task A_browser_sends_the_token_as_a_password_and_only_to_look_at_the_dashboard(string password, int answered)
    {
        using var browser = shop.Guest();
        browser.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"operator:{password}")));
        (await browser.Get(Dashboard)).Status.ShouldBe(answered);
        (await browser.Get("/v1/analytics/lag")).ShouldBe(401, "unauthenticated");
        (await browser.Get("/v1/admin/cluster")).ShouldBe(401, "unauthenticated");
        (await browser.Post("/v1/analytics/rebuilds")).ShouldBe(401, "unauthenticated");
    }

    [Fact]
    public async Task A_rebuild_wants_a_key_before_it_is_passed_on()
    {
        (await shop.Operator().Post("/v1/analytics/rebuilds")).ShouldBe(400, "validation-failed").Pointers.ShouldBe(["Idempotency-Key"]);
        (await shop.Operator().Post("/v1/analytics/rebuilds", body: null, key: Shopping.Fresh("rebuild"))).ShouldBe(503, "dependency-unavailable");
    }

    [Fact]
    public async Task Without_a_replica_Analytics_and_the_dashboard_are_away_and_do_not_seem_unknown()
    {
        foreach (var path in new[] { "/v1/analytics/lag", Dashboard, Dashboard + "ClusterStats" })
            (await shop.Operator().Get(path)).ShouldBe(503, "dependency-unavailable").Headers.RetryAfter.ShouldNotBeNull(path);
    }
}
