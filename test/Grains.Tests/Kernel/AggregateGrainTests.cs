using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Kit.Journal;
using Orleans.Core.Internal;

namespace Commerce.Grains.Tests.Kernel;

/// <summary>The four laws of the place where decisions meet storage, seen through a stock grain and a journal that the test steers.</summary>
public sealed class AggregateGrainTests(OneCluster shop) : IClassFixture<OneCluster>
{
    private static int _skus;

    private readonly Sku _sku = new($"LAW-{Interlocked.Increment(ref _skus)}");

    private MemoryJournal Journal => shop.Cluster.Journal;

    private IStockGrain Stock => shop.Cluster.Grains.GetGrain<IStockGrain>(Keys.Stock(_sku));

    private StreamName Stream => new("inventory", $"stock/{Keys.Stock(_sku)}");

    [Fact]
    public async Task A_success_is_answered_only_when_it_is_durable()
    {
        var answer = await InFlight(() => Adjust("k1", 5));
        answer.IsCompleted.ShouldBeFalse();
        Journal.Release();
        (await answer).Value.OnHand.ShouldBe(5);
    }

    [Fact]
    public async Task A_refusal_is_answered_only_when_what_it_was_decided_on_is_durable()
    {
        await Adjust("k1", 5);
        var emptied = await InFlight(() => Adjust("k2", -5));
        var refused = Stock.Reserve(Order(1), 3, Term.Owned);
        await SomethingElse();
        refused.IsCompleted.ShouldBeFalse();

        Journal.Release();
        (await refused).Refusal!.Code.ShouldBe("out-of-stock");
        (await emptied).Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task A_refusal_decided_on_what_was_lost_is_decided_anew()
    {
        await Adjust("k1", 5);
        Journal.Next(Fault.Failed);
        var emptied = await InFlight(() => Adjust("k2", -5));
        var reserved = Stock.Reserve(Order(1), 3, Term.Owned);
        await SomethingElse();
        Journal.Release();

        await Should.ThrowAsync<DependencyUnavailableException>(() => emptied);
        (await reserved).Value.ShouldBe(2);
    }

    [Fact]
    public async Task A_repeat_is_answered_only_when_the_first_is_durable()
    {
        var first = await InFlight(() => Adjust("k1", 5));
        var again = Adjust("k1", 5);
        await SomethingElse();
        again.IsCompleted.ShouldBeFalse();

        Journal.Release();
        (await first).Repeated.ShouldBeFalse();
        (await again).ShouldSatisfyAllConditions(x => x.Repeated.ShouldBeTrue(), x => x.Value.OnHand.ShouldBe(5));
        Journal.Events(Stream).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_repeat_of_what_was_lost_is_carried_out()
    {
        Journal.Next(Fault.Failed);
        await Should.ThrowAsync<DependencyUnavailableException>(() => Adjust("k1", 5));
        (await Adjust("k1", 5)).ShouldSatisfyAllConditions(x => x.Repeated.ShouldBeFalse(), x => x.Value.OnHand.ShouldBe(5));
        Journal.Events(Stream).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_question_is_answered_only_when_what_it_saw_is_durable()
    {
        var first = await InFlight(() => Adjust("k1", 5));
        var asked = Stock.Get();
        await SomethingElse();
        asked.IsCompleted.ShouldBeFalse();

        Journal.Release();
        (await asked).OnHand.ShouldBe(5);
        await first;
    }

    [Fact]
    public async Task A_question_after_a_failed_commit_is_answered_from_what_is_there()
    {
        await Adjust("k1", 5);
        Journal.Next(Fault.Failed);
        await Should.ThrowAsync<DependencyUnavailableException>(() => Adjust("k2", 7));
        (await Stock.Get()).ShouldSatisfyAllConditions(x => x.OnHand.ShouldBe(5), x => x.Version.ShouldBe(1));
    }

    [Fact]
    public async Task Several_commands_are_in_flight_at_once_each_decided_on_the_one_before()
    {
        await Stock.Get();
        Journal.Hold();
        var before = Journal.HandedOver;
        var answers = Enumerable.Range(1, 5).Select(i => Adjust($"k{i}", i)).ToList();
        await Journal.Handed(before + 5).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        answers.ShouldAllBe(answer => !answer.IsCompleted);
        Journal.Release();

        (await Task.WhenAll(answers)).Max(answer => answer.Value.OnHand).ShouldBe(15);
        Journal.Events(Stream).Select(e => e.Version).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task After_a_conflict_everything_in_flight_is_decided_anew_and_happens_once()
    {
        await Adjust("k0", 100);
        await Foreign(new StockAdjusted(1000, "another activation"));
        Journal.Hold();
        var before = Journal.HandedOver;
        var answers = Enumerable.Range(1, 4).Select(i => Adjust($"k{i}", i)).ToList();
        await Journal.Handed(before + 4).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Journal.Release();

        (await Task.WhenAll(answers)).ShouldAllBe(answer => answer.Ok && answer.Value.OnHand > 1100);
        (await Stock.Get()).OnHand.ShouldBe(1110);
        Journal.Events(Stream).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_stale_activation_does_no_harm()
    {
        await Adjust("k1", 5);
        await Foreign(new StockReserved(OrderId.Derive(new CartId("another"), 1), 5, Term.Owned));
        (await Stock.Reserve(Order(1), 3, Term.Owned)).Refusal!.Code.ShouldBe("out-of-stock");
        (await Stock.Get()).ShouldSatisfyAllConditions(x => x.Held.ShouldBe(5), x => x.Available.ShouldBe(0));
    }

    [Fact]
    public async Task A_stale_activation_refuses_nothing_on_what_it_saw_a_second_ago()
    {
        await Adjust("k1", 5);
        await Foreign(new StockReserved(Order(1), 3, Term.Owned));
        shop.Cluster.Time.Advance(TimeSpan.FromSeconds(1));
        (await Stock.Commit(Order(1), shop.Cluster.Time.GetUtcNow())).Ok.ShouldBeTrue();
        (await Stock.Get()).OnHand.ShouldBe(2);
    }

    [Fact]
    public async Task A_stale_activation_tells_nobody_what_there_was_a_second_ago()
    {
        await Adjust("k1", 5);
        await Foreign(new StockReserved(Order(1), 3, Term.Owned));
        shop.Cluster.Time.Advance(TimeSpan.FromSeconds(1));
        (await Stock.Get()).Available.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_read_before_its_silo_froze_is_as_old_as_it_is()
    {
        await Adjust("k1", 5);
        var (read, told) = NextLoad();
        var woken = Deactivate();
        await read;
        await Foreign(new StockReserved(Order(1), 3, Term.Owned));
        shop.Cluster.Time.Advance(TimeSpan.FromSeconds(15));
        told.SetResult();
        await woken;
        (await Stock.Get()).Available.ShouldBe(2);
    }

    [Fact]
    public async Task Reading_anew_forgets_nothing_that_is_being_written()
    {
        await Adjust("k1", 5);
        var (_, told) = NextLoad();
        var first = await InFlight(() => Adjust("k2", 7));
        var before = Journal.HandedOver;
        // Nobody holds anything for this order: that is believed of what is read when the first has been written, while the second is under way.
        var nothing = Stock.Commit(Order(1), shop.Cluster.Time.GetUtcNow());
        await SomethingElse();
        var second = Adjust("k3", 1);
        await Journal.Handed(before + 1).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Journal.ReleaseOne();
        (await first).Value.OnHand.ShouldBe(12);
        // By then it has gone on as far as it can.
        for (var i = 0; i < 10; i++) await SomethingElse();

        Journal.Release();
        (await second).Value.OnHand.ShouldBe(13);
        told.SetResult();
        (await nothing).Ok.ShouldBeTrue();
        (await Stock.Get()).OnHand.ShouldBe(13);
    }

    [Theory, InlineData(Fault.UnknownButThere), InlineData(Fault.UnknownAndLost)]
    public async Task An_unknown_outcome_is_answered_by_whether_the_event_is_there(Fault fault)
    {
        await Adjust("k1", 5);
        Journal.Next(fault);
        (await Adjust("k2", 7)).Value.OnHand.ShouldBe(12);
        Journal.Events(Stream).Count.ShouldBe(2);
        (await Stock.Get()).OnHand.ShouldBe(12);
    }

    [Theory, InlineData(Fault.UnknownButThere), InlineData(Fault.UnknownAndLost), InlineData(Fault.Failed)]
    public async Task A_fault_in_the_middle_of_a_pipeline_loses_nothing_and_doubles_nothing(Fault fault)
    {
        await Stock.Get();
        Journal.Hold();
        var before = Journal.HandedOver;
        Journal.Next(Fault.None);
        Journal.Next(fault);
        var answers = Enumerable.Range(0, 5).Select(i => Adjust($"k{i}", 1)).ToList();
        await Journal.Handed(before + 5).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Journal.Release();

        var done = 0;
        foreach (var answer in answers)
        {
            try
            {
                (await answer).Ok.ShouldBeTrue();
                done++;
            }
            catch (DependencyUnavailableException)
            {
                fault.ShouldBe(Fault.Failed);
            }
        }

        done.ShouldBe(fault == Fault.Failed ? 4 : 5);
        Journal.Events(Stream).Count.ShouldBe(done);
        (await Stock.Get()).OnHand.ShouldBe(done);
    }

    [Fact]
    public async Task The_same_key_with_other_content_is_refused()
    {
        await Adjust("k1", 5);
        (await Adjust("k1", 6)).Refusal!.Code.ShouldBe("idempotency-key-reused");
        Journal.Events(Stream).Count.ShouldBe(1);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_key_is_remembered_after_many_others_and_by_a_new_activation(bool activatedAnew)
    {
        for (var i = 0; i < 300; i++) await Adjust($"k{i}", 1);
        if (activatedAnew) await Deactivate();

        (await Adjust("k0", 1)).ShouldSatisfyAllConditions(x => x.Repeated.ShouldBeTrue(), x => x.Value.OnHand.ShouldBe(300));
        (await Adjust("k1", 9)).Refusal!.Code.ShouldBe("idempotency-key-reused");
        Journal.Events(Stream).Count.ShouldBe(300);
    }

    [Fact]
    public async Task A_snapshot_is_taken_of_a_durable_version_only()
    {
        await Stock.Get();
        Journal.Hold();
        var before = Journal.HandedOver;
        var answers = Enumerable.Range(0, 300).Select(i => Adjust($"k{i}", 1)).ToList();
        await Journal.Handed(before + 300).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Journal.SnapshotOf(Stream).ShouldBeNull();
        Journal.Release();
        await Task.WhenAll(answers);

        var snapshot = Journal.SnapshotOf(Stream).ShouldNotBeNull();
        Journal.Events(Stream)[(int)snapshot.Version - 1].Id.ShouldBe(snapshot.LastEvent);
    }

    [Fact]
    public async Task Without_its_snapshots_a_grain_has_the_same_state()
    {
        for (var i = 0; i < 270; i++) await Adjust($"k{i}", 1);
        var state = await Stock.Get();
        Journal.SnapshotOf(Stream).ShouldNotBeNull();
        await Deactivate();
        (await Stock.Get()).ShouldBe(state);

        Journal.DropSnapshots();
        await Deactivate();
        (await Stock.Get()).ShouldBe(state);
    }

    [Fact]
    public async Task A_snapshot_of_another_shape_is_not_read()
    {
        await Adjust("k1", 5);
        Journal.Plant(Stream, new Snapshot(1, Journal.Events(Stream)[0].Id, "stock.v0", "{}"u8.ToArray()));
        await Deactivate();
        (await Stock.Get()).OnHand.ShouldBe(5);
        (await Adjust("k1", 5)).Repeated.ShouldBeTrue();
    }

    [Fact]
    public async Task A_journal_that_is_away_is_said_to_be_away_and_is_used_again_when_it_is_back()
    {
        await Adjust("k1", 5);
        Journal.Down = true;
        try
        {
            await Should.ThrowAsync<DependencyUnavailableException>(() => Adjust("k2", 5));
            await Should.ThrowAsync<DependencyUnavailableException>(() => Stock.Get());
        }
        finally
        {
            Journal.Down = false;
        }

        (await Adjust("k2", 5)).Value.OnHand.ShouldBe(10);
    }

    [Fact]
    public async Task A_grain_that_cannot_load_its_history_says_that_the_journal_is_away()
    {
        Journal.Down = true;
        try
        {
            await Should.ThrowAsync<DependencyUnavailableException>(() => Stock.Get());
        }
        finally
        {
            Journal.Down = false;
        }

        (await Stock.Get()).OnHand.ShouldBe(0);
    }

    [Fact]
    public async Task A_command_that_waited_for_one_reload_waits_for_the_next_when_that_has_begun()
    {
        await Adjust("k1", 5);
        var first = NextLoad();
        var rereads = Stock.Commit(Order(1), shop.Cluster.Time.GetUtcNow());
        await first.Read;

        // Both wait for the first reload; the one in front finds nothing to do on it, and asks once more.
        var rereadsToo = Stock.Commit(Order(2), shop.Cluster.Time.GetUtcNow());
        await SomethingElse();
        var adjusts = Adjust("k2", 7);
        await SomethingElse();
        var second = NextLoad();
        first.Told.SetResult();
        await second.Read;
        for (var i = 0; i < 10; i++) await SomethingElse();
        second.Told.SetResult();

        (await adjusts).Value.OnHand.ShouldBe(12);
        await Task.WhenAll(rereads, rereadsToo);
        (await Stock.Get()).OnHand.ShouldBe(12);
    }

    private static OrderId Order(int attempt) => OrderId.Derive(new CartId("kernel"), attempt);

    private Task<Result<StockView>> Adjust(string key, int delta) => Stock.Adjust(new CommandKey(key, $"{delta}"), delta, "test", null);

    // A command that has been handed over and cannot be durable before the test says so.
    private async Task<Task<T>> InFlight<T>(Func<Task<T>> command)
    {
        await Stock.Get();
        Journal.Hold();
        var before = Journal.HandedOver;
        var answer = command();
        await Journal.Handed(before + 1).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await SomethingElse();
        return answer;
    }

    // A call that waits for nothing: what was called before it has been reached by the time it answers.
    private Task<LedgerPage> SomethingElse() => Stock.Ledger(0, 1);

    // The next load of this stock has seen what there is when the first task ends, and answers when the second does.
    private (Task Read, TaskCompletionSource Told) NextLoad()
    {
        var (read, told) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Journal.AfterLoad = async stream =>
        {
            if (stream != Stream) return;
            Journal.AfterLoad = null;
            read.SetResult();
            await told.Task;
        };
        return (read.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken), told);
    }

    // What another activation of the same grain would have appended.
    private async Task Foreign(StockEvent happened)
    {
        var history = Journal.Events(Stream);
        var now = shop.Cluster.Time.GetUtcNow();
        var outcome = await Journal.Append(new Append(
            Stream, history[^1].Id, history.Count, [new NewEvent(Guid.CreateVersion7(now), EventTypes.NameOf(happened.GetType()), EventTypes.Write(happened))],
            CommandKey.None, now, now, null, new Envelope("system", null, null)));
        outcome.ShouldBe(AppendOutcome.Committed);
    }

    private async Task Deactivate()
    {
        var loads = Journal.Loads;
        await Stock.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await GrainCluster.Until(async () =>
        {
            await Stock.Get();
            return Journal.Loads > loads;
        });
    }
}

/// <summary>One silo for all tests of a class; each has its own SKU.</summary>
public sealed class OneCluster : IAsyncLifetime
{
    public GrainCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await GrainCluster.Start(silos: 1);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
