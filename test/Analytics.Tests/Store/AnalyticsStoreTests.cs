using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Feeds;
using Commerce.Tests.Storages;
using CsCheck;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.Store;

public abstract class AnalyticsStoreTests(Func<Task<TestStorage>> create, int months) : StorageTests(create)
{
    // A small shop's month, made of numbers.
    internal static Happenings Month(IEnumerable<(int Kind, int Which, int Quantity)> steps)
    {
        var happened = new Happenings();
        foreach (var (kind, which, quantity) in steps)
        {
            var (order, sku, at) = ($"o{which}", $"S{which % 7}", $"2010-12-{1 + which % 28:00}T{which % 24:00}:{quantity % 60:00}:00Z");
            _ = kind switch
            {
                0 => happened.Confirmed(order, at, Line(sku, quantity, quantity * 99L, $"T{quantity}"), Line($"S{quantity % 7}", 1, 250)),
                1 => happened.Returned(order, at, Line(sku, 1, 99)),
                2 => happened.Cancelled(order, at),
                3 => happened.Adjusted(sku, at, which % 2 == 0 ? quantity : -quantity),
                4 => happened.Committed(sku, at, quantity),
                5 => happened.Restocked(sku, at, quantity),
                _ => happened.Other(order, at),
            };
        }

        return happened;
    }

    internal static readonly Gen<List<(int, int, int)>> Months = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 30], Gen.Int[1, 90]).List[1, 60];

    internal static IReadOnlyDictionary<string, string> Folded(Happenings happened, FeedCursor order, FeedCursor inventory)
    {
        var fold = new ProjectionFold();
        foreach (var recorded in happened.Feed("order").Take((int)order.Position)) fold.Apply(recorded);
        foreach (var recorded in happened.Feed("inventory").Take((int)inventory.Position)) fold.Apply(recorded);
        return fold.Checksums();
    }

    [Fact]
    public Task What_is_stored_is_the_fold_of_the_feeds_however_they_were_cut_and_interleaved() =>
        Gen.Select(Months, Gen.Int[1, 9], Gen.Bool).SampleAsync(async (steps, length, inventoryFirst) =>
        {
            await using var kept = await Kept.Another();
            using var store = kept.Open();
            var happened = Month(steps);
            foreach (var service in inventoryFirst ? ProjectionFold.Services.Reverse() : ProjectionFold.Services)
                for (var first = 1; first <= happened.Feed(service).Count; first += length)
                    await store.Apply(happened.Run(service, first, Math.Min(happened.Feed(service).Count, first + length - 1)));

            var fold = new ProjectionFold();
            foreach (var recorded in happened.All) fold.Apply(recorded);
            (await store.Fingerprint()).Checksums.ShouldBe(fold.Checksums());
        }, iter: months);

    [Fact]
    public void Checksums_do_not_depend_on_the_order_of_the_services()
    {
        var happened = Month([(0, 1, 5), (3, 2, 6), (4, 2, 1), (1, 1, 1)]);
        var (ascending, descending, less) = (new ProjectionFold(), new ProjectionFold(), new ProjectionFold());
        foreach (var recorded in happened.All) ascending.Apply(recorded);
        foreach (var recorded in happened.Feed("inventory").Concat(happened.Feed("order"))) descending.Apply(recorded);
        foreach (var recorded in happened.All.Skip(1)) less.Apply(recorded);
        ascending.Checksums().ShouldBe(descending.Checksums());
        ascending.Checksums()["revenue"].ShouldNotBe(less.Checksums()["revenue"]);
    }

    [Fact]
    public async Task A_run_with_an_event_that_cannot_be_read_leaves_nothing_of_itself()
    {
        var happened = new Happenings().Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 1, 100)).Confirmed("o2", "2010-12-01T09:00:00Z", Line("A", 1, 100));
        var run = happened.Run("order", 1, 2);
        var broken = run with { Events = [run.Events[0], run.Events[1] with { Data = "{"u8.ToArray() }] };
        var before = await Store.Fingerprint();
        await Should.ThrowAsync<System.Text.Json.JsonException>(() => Store.Apply(broken));
        (await Store.Fingerprint()).Checksums.ShouldBe(before.Checksums);
        (await Store.Cursor("order", 0)).ShouldBe(FeedCursor.Start);
        await Store.Apply(run);
    }

    [Fact]
    public async Task A_run_that_does_not_follow_the_cursor_is_refused_and_leaves_nothing_of_itself()
    {
        var happened = Month(Enumerable.Range(0, 20).Select(i => (0, i, 1)));
        await Store.Apply(happened.Run("order", 1, 5));
        var before = await Store.Fingerprint();
        foreach (var (first, last) in ((int, int)[])[(1, 5), (5, 6), (7, 8)])
            await Should.ThrowAsync<InvalidOperationException>(() => Store.Apply(happened.Run("order", first, last)));
        await Should.ThrowAsync<InvalidOperationException>(() => Store.Apply(happened.Run("order", 6, 7) with { Epoch = "e2" }));
        (await Store.Cursor("order", 0)).ShouldBe(FeedCursor.After(happened.Run("order", 1, 5)));
        (await Store.Fingerprint()).Checksums.ShouldBe(before.Checksums);
    }

    [Fact]
    public async Task A_cursor_goes_on_in_another_epoch_from_where_it_is_and_from_nowhere_else()
    {
        var happened = Month(Enumerable.Range(0, 20).Select(i => (0, i, 1)));
        await Store.Apply(happened.Run("order", 1, 5));
        var cursor = await Store.Cursor("order", 0);
        var same = cursor with { Epoch = "e2" };
        foreach (var elsewhere in new[] { cursor with { Epoch = "e0" }, cursor with { Position = 4 } })
            await Should.ThrowAsync<InvalidOperationException>(() => Store.Adopt("order", 0, elsewhere, elsewhere with { Epoch = "e2" }));
        (await Store.Cursor("order", 0)).ShouldBe(cursor);

        await Store.Adopt("order", 0, cursor, same);
        (await Store.Cursor("order", 0)).ShouldBe(same);
        await Should.ThrowAsync<InvalidOperationException>(() => Store.Apply(happened.Run("order", 6, 7)));
        await Store.Apply(happened.Run("order", 6, 7) with { Epoch = "e2" });
        (await Store.Cursor("order", 0)).ShouldBe(FeedCursor.After(happened.Run("order", 6, 7)) with { Epoch = "e2" });
    }

    [Fact]
    public async Task Where_a_build_that_keeps_no_event_has_moved_the_cursor_the_event_is_unknown_until_the_next()
    {
        var happened = Month(Enumerable.Range(0, 20).Select(i => (0, i, 1)));
        await Store.Apply(happened.Run("order", 1, 5));
        await Kept.Run("update feed_cursor set position = 6");
        (await Store.Cursor("order", 0)).ShouldBe(new FeedCursor(6, "e1"));
        await Store.Apply(happened.Run("order", 7, 8));
        (await Store.Cursor("order", 0)).ShouldBe(FeedCursor.After(happened.Run("order", 7, 8)));
    }

    [Fact]
    public async Task After_a_restore_what_was_applied_stays_under_the_new_epoch()
    {
        var happened = Month(Enumerable.Range(0, 30).Select(i => (i % 7, i, 1)));
        await Store.Apply(happened);
        var before = await Store.Fingerprint();
        await Store.AdoptEpoch(new Dictionary<string, FeedHead> { ["order"] = new(100, "e2"), ["inventory"] = new(100, "e3") });
        (await Store.Fingerprint()).Checksums.ShouldBe(before.Checksums);
        (await Store.Cursor("inventory", 0)).ShouldBe(FeedCursor.After(happened.Run("inventory", 1, happened.Feed("inventory").Count)) with { Epoch = "e3" });
    }

    [Fact]
    public async Task After_a_restore_of_an_older_journal_everything_is_forgotten_and_read_anew()
    {
        await Store.Apply(Month(Enumerable.Range(0, 30).Select(i => (i % 7, i, 1))));
        await Store.AdoptEpoch(new Dictionary<string, FeedHead> { ["order"] = new(1, "e2"), ["inventory"] = new(100, "e2") });
        (await Store.Fingerprint()).Checksums.ShouldBe(new ProjectionFold().Checksums());
        (await Store.Cursor("order", 0)).ShouldBe(FeedCursor.Start);
        (await Store.Cursor("inventory", 0)).ShouldBe(FeedCursor.Start);
    }
}

public sealed class AnalyticsStoreOnSqliteTests() : AnalyticsStoreTests(OnSqlite, months: 40);

public sealed class AnalyticsStoreOnPostgresTests(Postgres server) : AnalyticsStoreTests(On(server), months: 8);
