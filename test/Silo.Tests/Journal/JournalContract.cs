using System.Collections.Concurrent;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Tests.Journal;

/// <summary>What every journal promises, one sentence per test. Each adapter runs all of it.</summary>
public abstract class JournalContract
{
    protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected static readonly StreamName Till = new("inventory", "stock/t1/TILL@main");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract IJournal Journal { get; }

    /// <summary>Lets the next commit end with nobody knowing how; then says whether it is there.</summary>
    protected abstract void LoseSightOfTheNextCommit(bool isThere);

    /// <summary>Lets what could not be found out be found out.</summary>
    protected abstract void FindOut();

    /// <summary>Puts a snapshot into storage behind the journal's back.</summary>
    protected abstract Task Plant(StreamName stream, Snapshot snapshot);

    protected abstract Task DropSnapshots();

    /// <summary>Ends when what was handed over to be kept has been kept or dropped; most journals keep it in order with the appends.</summary>
    protected virtual Task SnapshotsKept() => Journal.Holds(Till, Id(999));

    [Fact]
    public async Task What_was_appended_is_read_back_as_it_was()
    {
        var append = new Script(Till).Append("key-1", 2, due: Noon.AddHours(1)) with { OccurredAt = Noon.AddDays(-3), Envelope = new Envelope("guest", "corr", "trace") };
        (await Journal.Append(append)).ShouldBe(AppendOutcome.Committed);

        var history = await Journal.Load(Till);
        history.Snapshot.ShouldBeNull();
        history.Events.Select(e => e.Id).ShouldBe(append.Events.Select(e => e.Id));
        var first = history.Events[0];
        first.Data.ShouldBe(append.Events[0].Data);
        first.ShouldBe(new RecordedEvent(
            "inventory", 0, 1, append.Events[0].Id, Till.Value, 1, "stock.adjusted.v1", Noon.AddDays(-3), Noon, "guest", "corr", "key-1", "trace", first.Data));
        history.Commands.ShouldBe([new CommandKey("key-1", "digest of key-1")]);
    }

    [Fact]
    public async Task A_stream_nobody_wrote_to_is_empty()
    {
        var history = await Journal.Load(new StreamName("cart", "cart/t1/nobody"));
        history.Snapshot.ShouldBeNull();
        history.Events.ShouldBeEmpty();
        history.Commands.ShouldBeEmpty();
        (await Journal.Head("cart", 0)).Position.ShouldBe(0);
        (await Journal.ReadFeed("cart", 0, 0, 10)).Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task Appends_of_one_stream_may_be_in_flight_at_once_and_commit_in_order()
    {
        var script = new Script(Till);
        var appends = Enumerable.Range(0, 50).Select(i => script.Append(events: 1 + (i % 3))).ToList();
        var answers = await Task.WhenAll(appends.Select(Journal.Append));

        answers.ShouldAllBe(answer => answer == AppendOutcome.Committed);
        var read = await Journal.ReadStream(Till, 0, int.MaxValue);
        read.Select(e => e.Id).ShouldBe(appends.SelectMany(a => a.Events).Select(e => e.Id));
        read.Select(e => e.Version).ShouldBe(Enumerable.Range(1, read.Count).Select(i => (long)i));
    }

    [Fact]
    public async Task A_conflict_in_the_middle_of_a_pipeline_lets_nothing_later_through()
    {
        var script = new Script(Till);
        var first = script.Append();
        var stale = script.Append() with { Expected = Id(999) };
        var behind = Enumerable.Range(0, 5).Select(_ => script.Append()).ToList();

        var answers = await Task.WhenAll(new[] { first, stale }.Concat(behind).Select(Journal.Append));

        answers[0].ShouldBe(AppendOutcome.Committed);
        answers.Skip(1).ShouldAllBe(answer => answer == AppendOutcome.Conflict);
        (await Journal.ReadStream(Till, 0, 100)).ShouldHaveSingleItem().Id.ShouldBe(first.Events[0].Id);
    }

    [Fact]
    public async Task A_second_writer_that_did_not_see_the_last_event_appends_nothing()
    {
        (await Journal.Append(new Script(Till).Append(events: 2))).ShouldBe(AppendOutcome.Committed);
        (await Journal.Append(new Script(Till).Append(events: 3))).ShouldBe(AppendOutcome.Conflict);
        (await Journal.ReadStream(Till, 0, 100)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_new_streams_fence_does_not_open_for_a_decision_that_saw_something()
    {
        var append = new Script(Till).Append() with { Expected = Id(1), ExpectedVersion = 1 };
        (await Journal.Append(append)).ShouldBe(AppendOutcome.Conflict);
        (await Journal.Load(Till)).Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_conflicting_member_of_a_batch_takes_no_other_with_it()
    {
        (await Journal.Append(new Script(Till).Append())).ShouldBe(AppendOutcome.Committed);
        var others = Enumerable.Range(0, 40).Select(i => new Script(Stock(i)).Append()).ToList();
        var batch = others.Take(20).Append(new Script(Till).Append()).Concat(others.Skip(20));

        var answers = await Task.WhenAll(batch.Select(Journal.Append));

        answers[20].ShouldBe(AppendOutcome.Conflict);
        answers.Count(answer => answer == AppendOutcome.Committed).ShouldBe(40);
        (await Journal.Head("inventory", 0)).Position.ShouldBe(41);
    }

    [Fact]
    public async Task Positions_are_dense_in_each_service()
    {
        var scripts = new[] { new Script(Till), new Script(new("cart", "cart/t1/a")), new Script(new("cart", "cart/t1/b")) };
        for (var round = 0; round < 10; round++) await Task.WhenAll(scripts.Select(script => Journal.Append(script.Append(events: 2))));

        foreach (var (service, count) in new[] { ("inventory", 20), ("cart", 40) })
        {
            (await Journal.ReadFeed(service, 0, 0, 1000)).Events.Select(e => e.Position).ShouldBe(Enumerable.Range(1, count).Select(i => (long)i));
            (await Journal.Head(service, 0)).Position.ShouldBe(count);
        }
    }

    [Fact]
    public async Task A_tailing_reader_misses_nothing_of_24_concurrent_writers()
    {
        const int Writers = 24, Each = 40;
        var seen = new List<RecordedEvent>();
        var tail = Tail(Writers * Each, seen);
        var ids = new ConcurrentBag<Guid>();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async w =>
        {
            var script = new Script(Stock(w));
            for (var i = 0; i < Each; i++)
            {
                var append = script.Append();
                (await Journal.Append(append)).ShouldBe(AppendOutcome.Committed);
                ids.Add(append.Events[0].Id);

                // Every third round a stale writer loses, which must leave no hole.
                if (i % 3 == 0) (await Journal.Append(new Script(Stock(w)).Append())).ShouldBe(AppendOutcome.Conflict);
            }
        }));
        await tail;

        seen.Select(e => e.Position).ShouldBe(Enumerable.Range(1, Writers * Each).Select(i => (long)i));
        seen.Select(e => e.Id).ToHashSet().SetEquals(ids).ShouldBeTrue();
        foreach (var stream in seen.GroupBy(e => e.Stream)) stream.Select(e => e.Version).ShouldBe(Enumerable.Range(1, Each).Select(i => (long)i));
    }

    [Fact]
    public async Task A_feed_is_read_in_pieces_without_overlap()
    {
        var script = new Script(Till);
        for (var i = 0; i < 10; i++) await Journal.Append(script.Append());
        (await Journal.ReadFeed("inventory", 0, 0, 4)).Events.Select(e => e.Position).ShouldBe([1, 2, 3, 4]);
        (await Journal.ReadFeed("inventory", 0, 4, 4)).Events.Select(e => e.Position).ShouldBe([5, 6, 7, 8]);
        (await Journal.ReadFeed("inventory", 0, 8, 4)).Events.Select(e => e.Position).ShouldBe([9, 10]);
        (await Journal.ReadFeed("inventory", 0, 10, 4)).Events.ShouldBeEmpty();
        (await Journal.ReadFeed("inventory", 1, 0, 4)).Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_command_that_made_events_makes_none_again()
    {
        var script = new Script(Till);
        await Journal.Append(script.Append("key-1"));
        (await Journal.Append(script.Peek("key-1"))).ShouldBe(AppendOutcome.Repeated);
        (await Journal.ReadStream(Till, 0, 100)).Count.ShouldBe(1);
        (await Journal.FindCommand(Till, "key-1")).ShouldBe("digest of key-1");
        (await Journal.FindCommand(Till, "key-2")).ShouldBeNull();
    }

    [Fact]
    public async Task A_command_twice_in_one_pipeline_counts_once_and_lets_nothing_behind_the_second_through()
    {
        var script = new Script(Till);
        var answers = await Task.WhenAll(new[] { script.Append("key-1", 2), script.Append("key-1"), script.Append("key-2") }.Select(Journal.Append));
        answers.ShouldBe([AppendOutcome.Committed, AppendOutcome.Repeated, AppendOutcome.Conflict]);
        (await Journal.ReadStream(Till, 0, 100)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_command_is_remembered_after_many_others()
    {
        var script = new Script(Till);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Journal.Append(script.Append($"key-{i}"))));
        (await Journal.Append(script.Peek("key-0"))).ShouldBe(AppendOutcome.Repeated);
        (await Journal.FindCommand(Till, "key-0")).ShouldBe("digest of key-0");
    }

    [Fact]
    public async Task A_command_id_is_unique_in_its_stream_only()
    {
        (await Journal.Append(new Script(Stock(1)).Append("key-1"))).ShouldBe(AppendOutcome.Committed);
        (await Journal.Append(new Script(Stock(2)).Append("key-1"))).ShouldBe(AppendOutcome.Committed);
        (await Journal.Append(new Script(Till with { Service = "order" }).Append("key-1"))).ShouldBe(AppendOutcome.Committed);
    }

    [Fact]
    public async Task Loading_starts_at_the_last_snapshot()
    {
        var script = new Script(Till);
        var appends = Enumerable.Range(0, 5).Select(i => script.Append($"key-{i}")).ToList();
        await Task.WhenAll(appends.Select(Journal.Append));
        Journal.SaveSnapshot(Till, SnapshotAt(3, appends[2].Events[0].Id));
        await SnapshotsKept();

        var history = await Journal.Load(Till);
        history.Snapshot.ShouldNotBeNull().State.ShouldBe("3"u8.ToArray());
        history.Events.Select(e => e.Version).ShouldBe([4, 5]);
        history.Commands.Select(c => c.Id).ShouldBe(["key-3", "key-4"]);
    }

    [Fact]
    public async Task A_snapshot_ahead_of_the_journal_is_ignored()
    {
        var script = new Script(Till);
        await Journal.Append(script.Append(events: 3));
        await Plant(Till, SnapshotAt(9, Id(999)));
        (await Journal.Load(Till)).ShouldSatisfyAllConditions(h => h.Snapshot.ShouldBeNull(), h => h.Events.Count.ShouldBe(3));
    }

    [Fact]
    public async Task A_snapshot_of_an_event_that_was_dropped_is_never_kept()
    {
        await Journal.Append(new Script(Till).Append(events: 3));
        Journal.SaveSnapshot(Till, SnapshotAt(2, Id(999)));
        await SnapshotsKept();
        (await Journal.Load(Till)).Snapshot.ShouldBeNull();
    }

    [Fact]
    public async Task An_older_snapshot_never_replaces_a_newer_one()
    {
        var append = new Script(Till).Append(events: 5);
        await Journal.Append(append);
        Journal.SaveSnapshot(Till, SnapshotAt(4, append.Events[3].Id));
        Journal.SaveSnapshot(Till, SnapshotAt(2, append.Events[1].Id));
        await SnapshotsKept();
        (await Journal.Load(Till)).Snapshot.ShouldNotBeNull().Version.ShouldBe(4);
    }

    [Fact]
    public async Task Dropping_every_snapshot_loses_nothing()
    {
        var append = new Script(Till).Append(events: 5);
        await Journal.Append(append);
        Journal.SaveSnapshot(Till, SnapshotAt(4, append.Events[3].Id));
        await DropSnapshots();
        (await Journal.Load(Till)).ShouldSatisfyAllConditions(h => h.Snapshot.ShouldBeNull(), h => h.Events.Count.ShouldBe(5));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_append_whose_outcome_is_unknown_is_answered_by_whether_its_event_is_there(bool isThere)
    {
        var script = new Script(Till);
        await Journal.Append(script.Append());
        LoseSightOfTheNextCommit(isThere);
        var lost = script.Append();
        (await Journal.Append(lost)).ShouldBe(AppendOutcome.Unknown);
        FindOut();

        (await Journal.Holds(Till, lost.Events[0].Id)).ShouldBe(isThere);
        (await Journal.Load(Till)).Events.Count.ShouldBe(isThere ? 2 : 1);

        // What was decided on it succeeds or conflicts accordingly, and the journal goes on.
        (await Journal.Append(script.Append())).ShouldBe(isThere ? AppendOutcome.Committed : AppendOutcome.Conflict);
        (await Journal.Append(new Script(Stock(7)).Append())).ShouldBe(AppendOutcome.Committed);
        (await Journal.ReadFeed("inventory", 0, 0, 100)).Events.Select(e => e.Position).ShouldBe(Enumerable.Range(1, isThere ? 4 : 2).Select(i => (long)i));
    }

    [Fact]
    public async Task Whether_an_event_is_there_waits_for_what_was_handed_over_before()
    {
        var append = new Script(Till).Append();
        var answer = Journal.Append(append);
        (await Journal.Holds(Till, append.Events[0].Id)).ShouldBeTrue();
        (await Journal.Holds(Till, Id(999))).ShouldBeFalse();
        (await answer).ShouldBe(AppendOutcome.Committed);
    }

    [Fact]
    public async Task Deadlines_are_found_earliest_first_once_they_are_due()
    {
        for (var i = 0; i < 5; i++) await Journal.Append(new Script(Stock(i)).Append(due: Noon.AddMinutes(10 - i)));
        await Journal.Append(new Script(Till).Append());

        (await Journal.Due("inventory", Noon.AddMinutes(8), 10)).ShouldBe(
            [new DueStream(Stock(4), Noon.AddMinutes(6)), new DueStream(Stock(3), Noon.AddMinutes(7)), new DueStream(Stock(2), Noon.AddMinutes(8))]);
        (await Journal.Due("inventory", Noon.AddMinutes(8), 1)).ShouldHaveSingleItem().Stream.ShouldBe(Stock(4));
        (await Journal.NextDue("inventory", Noon.AddMinutes(8))).ShouldBe(Noon.AddMinutes(9));
        (await Journal.NextDue("inventory", Noon.AddMinutes(10))).ShouldBeNull();
        (await Journal.Due("cart", Noon.AddMinutes(8), 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_streams_deadline_is_what_its_last_append_said()
    {
        var script = new Script(Till);
        await Journal.Append(script.Append(due: Noon));
        await Journal.Append(script.Append(due: Noon.AddHours(1)));
        (await Journal.Due("inventory", Noon.AddMinutes(30), 10)).ShouldBeEmpty();
        await Journal.Append(script.Append());
        (await Journal.Due("inventory", Noon.AddHours(9), 10)).ShouldBeEmpty();
        (await Journal.NextDue("inventory", DateTimeOffset.UnixEpoch)).ShouldBeNull();
    }

    [Fact]
    public async Task An_append_that_conflicts_leaves_the_deadline_alone()
    {
        await Journal.Append(new Script(Till).Append(due: Noon));
        await Journal.Append(new Script(Till).Append(due: Noon.AddHours(1)));
        (await Journal.NextDue("inventory", DateTimeOffset.UnixEpoch)).ShouldBe(Noon);
    }

    [Fact]
    public async Task Who_waits_for_a_service_is_told_of_its_appends_only()
    {
        var (inventory, cart) = (Journal.Appended("inventory", Cancel), Journal.Appended("cart", Cancel));
        await Journal.Append(new Script(Till).Append());
        await inventory.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        cart.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Who_waits_is_let_go_when_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Journal.Appended("inventory", stop.Token);
        waiting.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await waiting.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
    }

    [Fact]
    public async Task Every_service_has_an_epoch_that_no_append_changes()
    {
        var epochs = new[] { await Journal.Head("inventory", 0), await Journal.Head("cart", 0) }.Select(head => head.Epoch).ToList();
        epochs.ShouldAllBe(epoch => epoch.Length > 0);
        await Journal.Append(new Script(Till).Append());
        (await Journal.Head("inventory", 0)).Epoch.ShouldBe(epochs[0]);
        (await Journal.Head("cart", 0)).Epoch.ShouldBe(epochs[1]);
    }

    protected static StreamName Stock(int number) => new("inventory", $"stock/t1/{number}@main");

    protected static Snapshot SnapshotAt(long version, Guid last) =>
        new(version, last, "test.v1", System.Text.Encoding.UTF8.GetBytes($"{version}"));

    protected static Guid Id(int number) => new(number, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8]);

    private async Task Tail(int count, List<RecordedEvent> seen)
    {
        while (seen.Count < count)
        {
            var more = Journal.Appended("inventory", Cancel);
            var read = (await Journal.ReadFeed("inventory", 0, seen.Count, 64)).Events;
            seen.AddRange(read);
            if (read.Count == 0) await more.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        }
    }
}
