using System.Diagnostics;
using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Tests.Storages;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.Store;

public sealed class PostgresStorageTests(Postgres server)
{
    [Fact]
    public async Task Of_two_processes_that_apply_the_same_run_one_does_and_the_other_is_refused()
    {
        var database = await server.Create();
        using var one = database.Open();
        using var two = database.Open();
        var happened = AnalyticsStoreTests.Month(Enumerable.Range(0, 60).Select(i => (i % 3, i, 1 + i)));
        var fold = new ProjectionFold();
        foreach (var recorded in happened.Feed("order"))
        {
            var run = happened.Run("order", (int)recorded.Position, (int)recorded.Position);
            var applied = await Task.WhenAll(Applies(one, run), Applies(two, run));
            applied.Count(ok => ok).ShouldBe(1);
            fold.Apply(recorded);
        }

        (await one.Fingerprint()).Checksums.ShouldBe(fold.Checksums());
        (await two.Cursor("order", 0)).ShouldBe(FeedCursor.After(happened.Run("order", 1, happened.Feed("order").Count)));
    }

    [Fact]
    public async Task Many_processes_that_start_at_once_make_the_tables_once()
    {
        var database = await server.Create();
        var stores = Enumerable.Range(0, 6).Select(_ => database.Open()).ToList();
        (await Task.WhenAll(stores.Select(store => store.Cursor("order", 0)))).ShouldAllBe(cursor => cursor == FeedCursor.Start);
        foreach (var store in stores) store.Dispose();
        using var later = database.Open();
        await later.Apply(new Happenings().Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 1, 100)).Run("order", 1, 1));
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_away_and_not_a_fault()
    {
        using var store = AnalyticsStore.Open(AnalyticsStorage.Postgres(server.Server.ConnectionString("nobody_made_it")));
        await Should.ThrowAsync<DependencyUnavailableException>(() => store.Cursor("order", 0));
        await Should.ThrowAsync<DependencyUnavailableException>(() => store.Fingerprint());
    }

    [Fact]
    public async Task A_fingerprint_is_of_one_moment_while_events_arrive()
    {
        var database = await server.Create();
        using var store = database.Open();
        var happened = AnalyticsStoreTests.Month(Enumerable.Range(0, 120).Select(i => (i % 7, i, 1 + i)));
        (await store.Cursor("order", 0)).ShouldBe(FeedCursor.Start);
        var applying = Apply();
        while (!applying.IsCompleted)
        {
            var seen = (await AnalyticsStore.ReadFingerprint(database.Storage))!;
            long At(string service) => seen.Cursors.FirstOrDefault(cursor => cursor.Service == service)?.Position ?? 0;
            seen.Checksums.ShouldBe(AnalyticsStoreTests.Folded(happened, new FeedCursor(At("order"), "e1"), new FeedCursor(At("inventory"), "e1")));
        }

        await applying;

        async Task Apply()
        {
            foreach (var service in ProjectionFold.Services)
                for (var position = 1; position <= happened.Feed(service).Count; position++) await store.Apply(happened.Run(service, position, position));
        }
    }

    [Fact]
    public async Task A_process_that_freezes_in_the_middle_of_a_run_gives_way_and_does_no_harm_when_it_wakes()
    {
        var database = await server.Create();
        var happened = AnalyticsStoreTests.Month(Enumerable.Range(0, 30).Select(i => (i % 3, i, 1 + i)));
        var run = happened.Run("order", 1, happened.Feed("order").Count);
        using var frozen = await database.Storage.OpenWriter();
        await foreach (var patience in frozen.Rows("show idle_in_transaction_session_timeout", row => row.GetString(0))) patience.ShouldBe("15s");
        await Should.ThrowAsync<Npgsql.NpgsqlException>(() => frozen.InTransaction(database.Storage.Begin, async () =>
        {
            await new ProjectionTables(frozen).Apply(run);
            await frozen.Run("set idle_in_transaction_session_timeout = 500");
            using var other = database.Open();
            await other.Apply(run);
        }));

        var fold = new ProjectionFold();
        foreach (var recorded in happened.Feed("order")) fold.Apply(recorded);
        (await AnalyticsStore.ReadFingerprint(database.Storage))!.Checksums.ShouldBe(fold.Checksums());
    }

    [Fact]
    public async Task A_run_is_three_round_trips_however_many_tables_it_changes()
    {
        var database = await server.Create();
        using var store = database.Open();
        var happened = new Happenings().Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 1, 100)).Confirmed("o2", "2010-12-01T09:00:00Z", Line("B", 1, 100));
        await store.Apply(happened.Run("order", 1, 1));
        using var mine = new Activity("run").Start();
        var trips = 0;
        using var npgsql = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref options) => ActivitySamplingResult.PropagationData,
            ActivityStarted = trip => trips += trip.TraceId == mine.TraceId ? 1 : 0,
        };
        ActivitySource.AddActivityListener(npgsql);
        await store.Apply(happened.Run("order", 2, 2));
        trips.ShouldBe(3);
    }

    [Fact]
    public async Task A_run_of_which_one_table_cannot_take_its_part_leaves_nothing_in_the_others()
    {
        var database = await server.Create();
        using var store = database.Open();
        var happened = new Happenings().Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 1, 100)).Confirmed("o2", "2010-12-01T09:00:00Z", Line("A", 1, 100));
        await store.Apply(happened.Run("order", 1, 1));
        await database.Run($"update product_sales set revenue = {long.MaxValue}");
        var before = await store.Fingerprint();
        await Should.ThrowAsync<Npgsql.PostgresException>(() => store.Apply(happened.Run("order", 2, 2)));
        var after = await store.Fingerprint();
        after.Checksums.ShouldBe(before.Checksums);
        after.Cursors.ShouldBe(before.Cursors);
    }

    [Fact]
    public async Task Where_nobody_ever_applied_anything_there_is_no_fingerprint() =>
        (await AnalyticsStore.ReadFingerprint((await server.Create()).Storage)).ShouldBeNull();

    private static async Task<bool> Applies(AnalyticsStore store, FeedBatch run)
    {
        try
        {
            await store.Apply(run);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
