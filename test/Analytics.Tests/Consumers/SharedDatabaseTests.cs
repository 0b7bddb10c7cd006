using System.Net;
using System.Text.Json.Nodes;
using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Kit.Journal;
using Commerce.Kit.Servers;
using Commerce.Servers;
using Commerce.Tests.Storages;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.Consumers;

/// <summary>Analytics of several processes on one PostgreSQL database, and what becomes of it when that is away.</summary>
public sealed class SharedDatabaseTests(Postgres server)
{
    private static readonly string[] Questions =
        ["revenue?from=2010-12-01&to=2011-01-01", "top-products?from=2010-12-01&to=2011-01-01", "stock-movements", "stock-movements?sku=S1", "lag", "checksums"];

    private readonly MemoryJournal _journal = new();

    private static Happenings Sales(Happenings happened, string name, int count)
    {
        for (var i = 0; i < count; i++)
            happened.Confirmed($"{name}{i}", $"2010-12-{1 + i % 28:00}T08:{i % 60:00}:00Z", Line($"S{i % 9}", 2, 300)).Committed($"S{i % 9}", $"2010-12-{1 + i % 28:00}T08:00:00Z", 2);
        return happened;
    }

    private static string Expected(Happenings happened)
    {
        var fold = new ProjectionFold();
        foreach (var recorded in happened.All) fold.Apply(recorded);
        return System.Text.Json.JsonSerializer.Serialize(fold.Checksums());
    }

    private static async Task<string> Checksums(EmbeddedShop shop) => (await shop.Get("checksums"))["checksums"]!.ToJsonString();

    [Fact]
    public async Task Two_processes_that_both_read_the_feeds_count_every_event_once()
    {
        var database = await server.Create();
        await using var one = await EmbeddedShop.Start(database.Storage, _journal);
        await using var two = await EmbeddedShop.Start(database.Storage, _journal);
        var happened = new Happenings();
        for (var round = 0; round < 10; round++)
        {
            // Each cluster is told of what its own relay sees; the other one finds it in the same journal.
            await (round % 2 == 0 ? one : two).Record(Sales(happened, $"r{round}-", 100));
            (round % 2 == 0 ? two : one).HasRecorded(happened);
        }

        await one.CaughtUp();
        await two.CaughtUp();
        (await Checksums(one)).ShouldBe(Expected(happened));
        (await Checksums(two)).ShouldBe(Expected(happened));
    }

    [Fact]
    public async Task Rebuilds_in_two_processes_while_events_arrive_end_equal()
    {
        var database = await server.Create();
        await using var one = await EmbeddedShop.Start(database.Storage, _journal);
        await using var two = await EmbeddedShop.Start(database.Storage, _journal);
        var happened = Sales(new Happenings(), "a", 600);
        await one.Record(happened);
        two.HasRecorded(happened);
        var rebuilds = Task.WhenAll(one.Rebuild(), two.Rebuild());
        await two.Record(Sales(happened, "b", 300));
        (await rebuilds).ShouldAllBe(report => report["equal"]!.GetValue<bool>());
        await one.CaughtUp();
        (await Checksums(two)).ShouldBe(Expected(happened));
    }

    [Fact]
    public async Task While_the_database_is_away_questions_are_answered_503_and_afterwards_nothing_is_missing()
    {
        await using var network = new TcpProxy(server.Server.Port) { Refuse = true };
        var database = await server.Create();
        var happened = Sales(new Happenings(), "a", 50);
        // Away already when the process starts.
        await using var shop = await EmbeddedShop.Start(AnalyticsStorage.Postgres($"{database.ConnectionString};Port={network.Port}"), _journal);
        await shop.Record(happened);
        await IsAway(shop);

        network.Refuse = false;
        await shop.CaughtUp();
        (await Checksums(shop)).ShouldBe(Expected(happened));

        network.Refuse = true;
        network.Cut();
        await shop.Record(Sales(happened, "b", 50));
        await IsAway(shop);
        network.Refuse = false;
        await shop.CaughtUp();
        (await Checksums(shop)).ShouldBe(Expected(happened));
    }

    [Fact]
    public async Task A_database_that_is_dropped_and_made_again_fills_by_itself_though_nothing_is_sold()
    {
        var database = await server.Create();
        await using var shop = await EmbeddedShop.Start(database.Storage, _journal);
        var happened = Sales(new Happenings(), "a", 600);
        await shop.Record(happened);
        await shop.CaughtUp();
        await database.Drop();
        await IsAway(shop);
        await database.Create();
        await shop.CaughtUp();
        (await Checksums(shop)).ShouldBe(Expected(happened));
    }

    [Fact]
    public async Task A_rebuild_of_a_dropped_database_restores_equal_checksums_at_once()
    {
        var database = await server.Create();
        await using var shop = await EmbeddedShop.Start(database.Storage, _journal);
        var happened = Sales(new Happenings(), "a", 600);
        await shop.Record(happened);
        await shop.CaughtUp();
        await database.Drop();
        await database.Create();
        var report = await shop.Rebuild();
        report["equal"]!.GetValue<bool>().ShouldBeTrue();
        report["after"]!.ToJsonString().ShouldBe(Expected(happened));
        (await Checksums(shop)).ShouldBe(Expected(happened));
    }

    private static async Task IsAway(EmbeddedShop shop)
    {
        foreach (var question in Questions)
        {
            using var answer = await shop.Http.GetAsync(new Uri($"/v1/analytics/{question}", UriKind.Relative), TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, question);
            answer.Headers.RetryAfter.ShouldNotBeNull();
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            problem["code"]!.GetValue<string>().ShouldBe("dependency-unavailable");
            problem["detail"]!.GetValue<string>().ShouldNotContain("127.0.0.1");
        }
    }
}
