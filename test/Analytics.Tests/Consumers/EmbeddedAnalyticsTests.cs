using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Commerce.Analytics.ReadModels;
using Commerce.Feeds;
using Commerce.Kit.Cluster;
using Commerce.Kit.Journal;
using Commerce.Silo.Relay;
using Commerce.Tests.Storages;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.Consumers;

public abstract class EmbeddedAnalyticsTests(Func<Task<TestStorage>> create) : StorageTests(create)
{
    private readonly MemoryJournal _journal = new();

    private static Happenings Sales(int count)
    {
        var happened = new Happenings();
        for (var i = 0; i < count; i++)
        {
            happened.Confirmed($"o{i}", $"2010-12-{1 + i % 28:00}T08:{i % 60:00}:00Z", Line($"S{i % 9}", 2, 300));
            happened.Committed($"S{i % 9}", $"2010-12-{1 + i % 28:00}T08:00:00Z", 2);
        }

        return happened;
    }

    private static JsonNode Expected(Happenings happened)
    {
        var fold = new ProjectionFold();
        foreach (var recorded in happened.All) fold.Apply(recorded);
        return JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(fold.Checksums()))!;
    }

    [Fact]
    public async Task What_is_recorded_arrives_through_relay_and_stream_and_is_answered_over_HTTP()
    {
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal);
        var happened = Sales(600);
        await shop.Record(happened);
        await shop.CaughtUp();

        var revenue = await shop.Get("revenue?from=2010-12-01&to=2011-01-01&grain=day&currency=GBP");
        revenue["gross"]!.ToJsonString().ShouldBe("""{"amount":"1800.00","currency":"GBP","minor":180000}""");
        (revenue["orders"]!.GetValue<long>(), revenue["units"]!.GetValue<long>(), revenue["buckets"]!.AsArray().Count).ShouldBe((600, 1_200, 28));
        (await shop.Get("top-products?from=2010-12-01&to=2011-01-01&by=units&limit=10"))["items"]!.AsArray().Count.ShouldBe(9);
        (await shop.Get("stock-movements?sku=S0"))["sold"]!.GetValue<long>().ShouldBe(134);
        (await shop.Get("checksums"))["checksums"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
    }

    [Fact]
    public async Task Items_that_the_stream_loses_repeats_or_swaps_change_nothing()
    {
        BadStream? bad = null;
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal, stream => bad = new BadStream(stream));
        var happened = Sales(10);
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 5; i++) happened.Confirmed($"r{round}-{i}", "2010-12-24T10:00:00Z", Line("A", 1, 100)).Adjusted("A", "2010-12-24T10:00:00Z", 3);
            await shop.Record(happened);
            await GrainCluster.Until(() => Task.FromResult(bad?.WasGiven(happened) is true));
        }

        await shop.CaughtUp();
        (await shop.Get("checksums"))["checksums"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_from_its_cursor_with_what_was_recorded_meanwhile()
    {
        var happened = Sales(50);
        await using (var shop = await EmbeddedShop.Start(Kept.Storage, _journal))
        {
            await shop.Record(happened);
            await shop.CaughtUp();
            await shop.DisposeAsync();
            happened.Confirmed("meanwhile", "2010-12-24T10:00:00Z", Line("A", 1, 100));
            await shop.Record(happened);
        }

        await using var again = await EmbeddedShop.Start(Kept.Storage, _journal);
        await again.CaughtUp();
        (await again.Get("checksums"))["checksums"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
    }

    [Fact]
    public async Task A_rebuild_gives_equal_checksums_and_puts_damage_right()
    {
        var happened = Sales(700);
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal);
        await shop.Record(happened);
        await shop.CaughtUp();
        var report = await shop.Rebuild();
        report["equal"]!.GetValue<bool>().ShouldBeTrue();
        report["after"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());

        await Kept.Run("update revenue set gross = gross + 1 where minute = (select min(minute) from revenue)");
        report = await shop.Rebuild();
        report["equal"]!.GetValue<bool>().ShouldBeFalse();
        report["after"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
        happened.Confirmed("afterwards", "2010-12-24T10:00:00Z", Line("A", 1, 100));
        await shop.Record(happened);
        await shop.CaughtUp();
        (await shop.Get("checksums"))["checksums"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
    }

    [Fact]
    public async Task Another_history_stops_the_consumer_with_the_cure_and_a_rebuild_sets_it_going()
    {
        var happened = Sales(20);
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal);
        await shop.Record(happened);
        await shop.CaughtUp();
        shop.FailOver();
        happened.Confirmed("o-new", "2010-12-24T10:00:00Z", Line("A", 1, 100)).Adjusted("A", "2010-12-24T10:00:00Z", 3);
        await shop.Record(happened);
        while ((await shop.Get("lag"))["services"]!.AsArray().Any(service => service!["stopped"]?.GetValue<string>().Contains("rebuild", StringComparison.Ordinal) is not true))
            await Task.Delay(20, TestContext.Current.CancellationToken);

        await shop.Rebuild();
        await shop.CaughtUp();
        (await shop.Get("checksums"))["checksums"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
    }

    [Fact]
    public async Task A_server_that_takes_over_and_has_lost_nothing_stops_nobody()
    {
        var happened = Sales(20);
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal);
        await shop.Record(happened);
        await shop.CaughtUp();
        _journal.FailOver(lost: 0);
        happened.Confirmed("o-new", "2010-12-24T10:00:00Z", Line("A", 1, 100)).Adjusted("A", "2010-12-24T10:00:00Z", 3);
        await shop.Record(happened);
        await shop.CaughtUp();
        (await shop.Get("lag"))["services"]!.AsArray().ShouldAllBe(service => service!["stopped"] == null);
        (await shop.Get("checksums"))["checksums"]!.ToJsonString().ShouldBe(Expected(happened).ToJsonString());
    }

    [Fact]
    public async Task A_bad_question_is_a_problem_that_names_the_parameter()
    {
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal);
        foreach (var (path, parameter) in ((string, string)[])
        [
            ("revenue?to=2011-01-01", "from"),
            ("revenue?from=2010-12-01&to=2011-01-01&grain=week", "grain"),
            ("revenue?from=2010-12-01&to=2011-01-01&currency=XXX", "currency"),
            ("top-products?from=2010-12-01&to=2011-01-01&limit=0", "limit"),
            ("stock-movements?cursor=!", "cursor"),
            ("stock-movements?cursor=AA", "cursor"),
        ])
        {
            using var answer = await shop.Http.GetAsync(new Uri($"/v1/analytics/{path}", UriKind.Relative), TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            var problem = await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken);
            problem!["code"]!.GetValue<string>().ShouldBe("validation-failed");
            problem["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(parameter);
        }
    }

    /// <summary>Of four items it loses one, repeats one and swaps the other two.</summary>
    private sealed class BadStream(IFeedPublisher stream) : IFeedPublisher
    {
        private readonly ConcurrentDictionary<string, long> _last = [];
        private int _count;
        private FeedBatch? _kept;

        public bool WasGiven(Happenings happened) => ProjectionFold.Services.All(service => _last.GetValueOrDefault(service) == happened.Feed(service).Count);

        public async Task Publish(FeedBatch item)
        {
            _last[item.Service] = item.Last;
            switch (Interlocked.Increment(ref _count) % 4)
            {
                case 0:
                    return;
                case 1:
                    await stream.Publish(item);
                    await stream.Publish(item);
                    return;
                case 2:
                    _kept = item;
                    return;
                default:
                    await stream.Publish(item);
                    if (Interlocked.Exchange(ref _kept, null) is { } late) await stream.Publish(late);
                    return;
            }
        }
    }
}

public sealed class EmbeddedAnalyticsOnSqliteTests() : EmbeddedAnalyticsTests(OnSqlite);

public sealed class EmbeddedAnalyticsOnPostgresTests(Postgres server) : EmbeddedAnalyticsTests(On(server));
