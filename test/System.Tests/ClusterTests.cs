using System.Collections.Concurrent;
using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using Npgsql;

namespace Commerce.System.Tests;

/// <summary>A cluster on private servers: a scaling, a kill, an outage of a role, a broker that forgot everything and a dropped database, while it sells.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ClusterTests
{
    private const int Stocked = 100_000;

    [Fact]
    public async Task A_cluster_sells_while_it_is_scaled_while_a_silo_is_killed_while_a_role_is_away_and_while_its_broker_begins_anew()
    {
        await using var collector = await Collector.Start();
        await using var cluster = await RunningCluster.Start(collector.Variables, "--roles", "catalog,cart,order,payment,customer;inventory");
        var (guest, merchant) = (cluster.Guest, cluster.Merchant);
        await cluster.Product("TEA", Stocked);

        await IsSeen(collector, guest, merchant);

        var scaled = await WhileSelling(cluster, async () =>
        {
            await cluster.Do("scale", "silo=4");
            await cluster.Do("scale", "silo=2");
        });
        scaled.Answers.ShouldAllBe(status => status == HttpStatusCode.Created);

        // The broker goes with all its queues and users, and orders are taken all the same.
        await cluster.Do("drain", "rabbitmq");
        Directory.Delete(Path.Combine(cluster.Folder, "rabbitmq"), recursive: true);
        var killed = await WhileSelling(cluster, async () =>
        {
            await cluster.Do("kill", "silo-1");
            (await RunningCluster.Eventually(() => cluster.Runs("silo-1"))).ShouldBeTrue("a silo that was killed is started again");
            (await cluster.Processes()).Single(silo => silo.Name == "silo-1").State.ShouldBe("running");
        });
        var broker = cluster.Do("start", "rabbitmq");
        killed.Answers.Distinct().ShouldBeSubsetOf([HttpStatusCode.Created, HttpStatusCode.ServiceUnavailable]);

        await cluster.Do("drain", "silo-2");
        var waiting = await RunningShop.CheckOut(guest, await cluster.Cart(), "tok_ok", wait: 2);
        (waiting.Status, waiting.Text("status")).ShouldBe((HttpStatusCode.Accepted, "reserving"));
        using (var refused = await merchant.GetAsync("/v1/admin/stock/TEA"))
            (refused.StatusCode, refused.Headers.RetryAfter is null).ShouldBe((HttpStatusCode.ServiceUnavailable, false));

        await cluster.Do("start", "silo-2");
        await cluster.Confirmed(waiting);

        var sold = 1 + scaled.Orders + killed.Orders + 1;
        (await RunningCluster.Eventually(async () => (await RunningShop.Get(merchant, "/v1/admin/stock/TEA")).Body is { ValueKind: JsonValueKind.Object } stock
            && stock.TryGetProperty("onHand", out var onHand) && onHand.GetInt32() == Stocked - sold)).ShouldBeTrue($"{sold} orders were confirmed");
        await broker;
        await NothingIsMissing(cluster);
        await cluster.Do("verify");
        (await cluster.Stop()).ShouldBe(0);
    }

    // What was published to nobody comes again or is read from the feeds; a database that was dropped is folded anew, to the same figures.
    private static async Task NothingIsMissing(RunningCluster cluster)
    {
        var merchant = cluster.Merchant;
        (await RunningCluster.Eventually(async () => await RunningShop.Get(merchant, "/v1/analytics/lag") is { Status: HttpStatusCode.OK } lag && lag.Body.GetProperty("caughtUp").GetBoolean()))
            .ShouldBeTrue("analytics catches up with a broker that was made anew");
        var before = await Checksums(merchant);

        var admin = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "connections.json"))).GetProperty("postgres").GetProperty("admin");
        await using (var postgres = new NpgsqlConnection(admin.GetProperty("connectionString").GetString() + ";Pooling=false"))
        {
            await postgres.OpenAsync();
            await using var drop = new NpgsqlCommand("drop database commerce_analytics with (force)", postgres);
            await drop.ExecuteNonQueryAsync();
        }

        await cluster.Do("analytics", "rebuild");
        (await Checksums(merchant)).ShouldBe(before);
    }

    private static async Task<string> Checksums(HttpClient merchant) =>
        (await RunningShop.Get(merchant, "/v1/analytics/checksums")).Ok().Body.GetProperty("checksums").GetRawText();

    // One checkout: its trace crosses every process, and the dashboard and the interface's description show the cluster to whom they should.
    private static async Task IsSeen(Collector collector, HttpClient guest, HttpClient merchant)
    {
        var (trace, cart) = await Traced.Checkout(guest, "TEA");
        await Traced.Reaches(
            collector, trace, ("gateway", "POST /v1/checkouts"), ("silo", "append order"), ("silo", "append inventory"), ("silo", "publish order"), ("silo", "publish"), ("analytics", "apply order"));
        collector.Saw(cart).ShouldBeFalse("a cart's id is its secret");

        (await merchant.GetStringAsync("/v1/admin/dashboard/")).ShouldContain("<html");
        (await RunningShop.Get(merchant, "/v1/admin/dashboard/DashboardCounters")).Raw.ShouldContain("Commerce.Inventory.StockGrain");
        (await RunningShop.Get(guest, "/v1/admin/dashboard/DashboardCounters")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await RunningShop.Get(guest, "/openapi/v1.json")).Raw.ShouldContain("/v1/analytics/revenue");
        (await merchant.GetStringAsync("/metrics")).ShouldContain("orleans_catalog_activations");
    }

    // Four shoppers buy, each order until it is confirmed, as long as something else goes on.
    private static async Task<(int Orders, IReadOnlyCollection<HttpStatusCode> Answers)> WhileSelling(RunningCluster cluster, Func<Task> meanwhile)
    {
        var (answers, orders, over) = (new ConcurrentBag<HttpStatusCode>(), 0, false);
        var shoppers = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!Volatile.Read(ref over))
            {
                var (cart, key) = (await cluster.Cart(), Guid.NewGuid().ToString());
                (await RunningCluster.Repeated(() => RunningShop.CheckOut(cluster.Guest, cart, "tok_ok", key), answers.Add)).Text("status").ShouldBe("confirmed");
                Interlocked.Increment(ref orders);
            }
        }).ToArray();

        await meanwhile();
        Volatile.Write(ref over, true);
        await Task.WhenAll(shoppers);
        orders.ShouldBeGreaterThan(0);
        return (orders, answers);
    }
}
