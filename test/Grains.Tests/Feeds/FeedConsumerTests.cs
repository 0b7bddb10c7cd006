using Commerce.Feeds;
using Commerce.Kernel;
using CsCheck;

namespace Commerce.Tests.Feeds;

public sealed class FeedConsumerTests
{
    private readonly FakeFeed _feed = new();
    private readonly RecordingEffect _effect = new();

    private FeedConsumer Consumer() => new("order", 0, _feed, _effect);

    [Fact]
    public async Task Items_in_order_are_applied_as_they_come_without_asking_the_feed()
    {
        using var consumer = Consumer();
        await consumer.CatchUp();
        _feed.Length = 5;
        await consumer.Deliver(_feed.Run(1, 3));
        await consumer.Deliver(_feed.Run(4, 5));
        _effect.Applied.ShouldBe([1L, 2, 3, 4, 5]);
        _feed.Reads.ShouldBe(0);
    }

    [Fact]
    public async Task What_lies_on_the_stream_in_small_pieces_is_read_by_the_page_by_who_has_just_begun_or_failed()
    {
        _feed.Length = 1_000;
        var runs = 0;
        _effect.Applying = () => runs++;
        using var consumer = Consumer();
        for (var first = 1; first <= 1_000; first += 10) await consumer.Deliver(_feed.Run(first, first + 9));
        (_effect.Applied.Count, runs).ShouldBe((1_000, 1));

        _feed.Length = 2_000;
        _effect.Fail = Failing.BeforeCommit;
        await Should.ThrowAsync<IOException>(() => consumer.Deliver(_feed.Run(1_001, 1_010)));
        _effect.Fail = Failing.Never;
        for (var first = 1_001; first <= 2_000; first += 10) await consumer.Deliver(_feed.Run(first, first + 9));
        (_effect.Applied.Count, runs).ShouldBe((2_000, 3));
    }

    [Fact]
    public async Task A_repeat_is_ignored_and_of_a_half_known_run_only_the_rest_is_applied()
    {
        _feed.Length = 5;
        using var consumer = Consumer();
        await consumer.Deliver(_feed.Run(1, 3));
        await consumer.Deliver(_feed.Run(1, 3));
        await consumer.Deliver(_feed.Run(2, 5));
        _effect.Applied.ShouldBe([1L, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_gap_is_read_from_the_feed_before_what_came_after_it()
    {
        _feed.Length = 1_000;
        using var consumer = Consumer();
        await consumer.Deliver(_feed.Run(1, 10));
        await consumer.Deliver(_feed.Run(991, 1_000));
        _effect.Applied.ShouldBe(Enumerable.Range(1, 1_000).Select(i => (long)i));
    }

    [Fact]
    public async Task Catching_up_reads_the_feed_to_its_end_from_the_stored_cursor()
    {
        _feed.Length = 700;
        using (var first = Consumer()) await first.Deliver(_feed.Run(1, 300));
        using var second = Consumer();
        await second.CatchUp();
        _effect.Applied.Count.ShouldBe(700);
        _effect.Stored.ShouldBe(FeedCursor.After(_feed.Run(1, 700)));
    }

    [Fact]
    public async Task Who_is_far_behind_gets_several_pages_as_one_run_and_what_comes_next_is_read_while_it_is_applied()
    {
        const int pages = FeedConsumer.PagesAhead;
        _feed.Length = (2 * pages + 1) * FeedBatch.MaxEvents - 10;
        var runs = new List<(int Reads, int Applied)>();
        _effect.Applying = () => runs.Add((_feed.Reads, _effect.Applied.Count));
        using var consumer = Consumer();
        await consumer.CatchUp();
        runs.ShouldBe([(2 * pages, 0), (2 * pages + 1, pages * FeedBatch.MaxEvents), (2 * pages + 1, 2 * pages * FeedBatch.MaxEvents)]);
        _effect.Applied.Count.ShouldBe(_feed.Length);
    }

    [Fact]
    public async Task Pages_of_large_events_are_shorter_than_others_and_read_to_the_end_one_by_one()
    {
        (_feed.Length, _feed.EventBytes) = (300, 100_000);
        using var consumer = Consumer();
        await consumer.CatchUp();
        _effect.Applied.ShouldBe(Enumerable.Range(1, 300).Select(i => (long)i));
        // Six events fill a page: fifty pages, and in the beginning one that does not follow the first.
        _feed.Reads.ShouldBe(51);

        (_feed.Length, _feed.EventBytes) = (3_000, 0);
        await consumer.CatchUp();
        _effect.Applied.Count.ShouldBe(3_000);
    }

    [Fact]
    public async Task A_lost_last_item_is_found_by_the_second_nudge_and_an_idle_nudge_reads_nothing()
    {
        _feed.Length = 2;
        using var consumer = Consumer();
        await consumer.Deliver(_feed.Run(1, 2));
        _feed.Length = 3;
        await consumer.Nudge();
        _effect.Applied.Count.ShouldBe(2, "something had just arrived");
        await consumer.Nudge();
        _effect.Applied.Count.ShouldBe(3);
        var reads = _feed.Reads;
        await consumer.Nudge();
        _feed.Reads.ShouldBe(reads, "the head had not moved");
    }

    [Fact]
    public async Task Another_history_stops_the_reader_with_the_cure_until_its_cursor_is_replaced()
    {
        _feed.Length = 5;
        using var consumer = Consumer();
        await consumer.CatchUp();
        _feed.FailOver("e2", kept: 4);
        _feed.Length = 9;
        (await Should.ThrowAsync<FeedHistoryException>(() => consumer.Deliver(_feed.Run(6, 9)))).Message.ShouldContain("rebuild");
        await Should.ThrowAsync<FeedHistoryException>(consumer.CatchUp);
        await Should.ThrowAsync<FeedHistoryException>(consumer.Nudge);
        consumer.Stopped.ShouldNotBeNull();
        _effect.Applied.Count.ShouldBe(5);

        _effect.Forget();
        await consumer.Nudge();
        consumer.Stopped.ShouldBeNull();
        _effect.Applied.Count.ShouldBe(9);
    }

    [Fact]
    public async Task Another_epoch_with_the_same_event_where_the_reader_is_goes_on()
    {
        _feed.Length = 5;
        using var consumer = Consumer();
        await consumer.CatchUp();
        _feed.FailOver("e2", kept: 5);
        await consumer.CatchUp();
        (_effect.Stored, _effect.Applied.Count).ShouldBe((FeedCursor.After(_feed.Run(1, 5)), 5));

        _feed.Length = 9;
        await consumer.Deliver(_feed.Run(6, 9));
        _feed.FailOver("e3", kept: 9);
        _feed.Length = 12;
        await consumer.Deliver(_feed.Run(10, 12));
        (consumer.Stopped, _effect.Stored, _effect.Applied.Count).ShouldBe((null, FeedCursor.After(_feed.Run(1, 12)), 12));
    }

    [Fact]
    public async Task An_item_of_an_epoch_that_was_left_is_passed_over_and_is_no_sign_of_life()
    {
        _feed.Length = 9;
        var lost = _feed.Run(6, 9);
        _feed.FailOver("e2", kept: 5);
        _feed.Length = 5;
        using var consumer = Consumer();
        await consumer.CatchUp();
        _feed.Length = 7;
        await consumer.Deliver(_feed.Run(6, 7));
        await consumer.Nudge();

        await consumer.Deliver(lost);
        _feed.Length = 8;
        await consumer.Nudge();
        (consumer.Stopped, _effect.Applied.Count).ShouldBe((null, 8));
        await consumer.Deliver(lost);
        _feed.Length = 9;
        await consumer.Deliver(_feed.Run(9, 9));
        (consumer.Stopped, _effect.Stored, _effect.Applied.Count).ShouldBe((null, FeedCursor.After(_feed.Run(1, 9)), 9));
    }

    [Fact]
    public async Task An_item_of_an_epoch_that_was_left_begins_nothing()
    {
        _feed.Length = 3;
        var lost = _feed.Run(1, 3);
        _feed.FailOver("e2", kept: 0);
        _feed.Length = 0;
        using var consumer = Consumer();
        await consumer.Deliver(lost);
        await consumer.CatchUp();
        await consumer.Deliver(lost);
        _effect.Applied.ShouldBeEmpty();
        _feed.Length = 2;
        await consumer.Deliver(_feed.Run(1, 2));
        _effect.Stored.ShouldBe(FeedCursor.After(_feed.Run(1, 2)));
    }

    [Fact]
    public async Task An_item_beyond_a_feed_that_has_gone_on_in_another_epoch_stops_nobody()
    {
        _feed.Length = 5;
        using var consumer = Consumer();
        await consumer.CatchUp();
        var lost = _feed.Run(8, 9);
        _feed.FailOver("e2", kept: 5);
        await consumer.Deliver(lost);
        (consumer.Stopped, _effect.Stored, _effect.Applied.Count).ShouldBe((null, FeedCursor.After(_feed.Run(1, 5)), 5));
    }

    [Fact]
    public async Task A_gap_that_the_feed_fills_in_another_epoch_is_read_again_with_the_next_item()
    {
        _feed.Length = 9;
        using var consumer = Consumer();
        await consumer.Deliver(_feed.Run(1, 9));
        var last = _feed.Run(15, 15);
        _feed.FailOver("e2", kept: 9);
        _feed.Length = 12;
        await Should.ThrowAsync<DependencyUnavailableException>(() => consumer.Deliver(last));
        _feed.Length = 13;
        await consumer.Deliver(_feed.Run(13, 13));
        (consumer.Stopped, _effect.Stored, _effect.Applied.Count).ShouldBe((null, FeedCursor.After(_feed.Run(1, 13)), 13));
    }

    [Theory]
    [InlineData("e1-00000002", true)]
    [InlineData("e10", false)]
    [InlineData("e2-00000001", false)]
    public async Task A_cursor_without_an_event_goes_on_only_where_a_timeline_was_added_to_its_epoch(string epoch, bool goesOn)
    {
        _feed.Length = 5;
        await _effect.Apply(_feed.Run(1, 5));
        _effect.Stored = _effect.Stored with { Event = null };
        _feed.FailOver(epoch, kept: 5);
        using var consumer = Consumer();
        if (goesOn) await consumer.CatchUp();
        else await Should.ThrowAsync<FeedHistoryException>(consumer.CatchUp);
        _effect.Stored.ShouldBe(goesOn ? FeedCursor.After(_feed.Run(1, 5)) : new FeedCursor(5, "e1"));
    }

    [Fact]
    public async Task A_cursor_beyond_the_head_stops_the_reader_even_after_the_head_has_grown_past_it()
    {
        _feed.Length = 5;
        using var consumer = Consumer();
        await consumer.CatchUp();
        _feed.Length = 3;
        await Should.ThrowAsync<FeedHistoryException>(consumer.CatchUp);
        _feed.Length = 8;
        await Should.ThrowAsync<FeedHistoryException>(consumer.CatchUp);
        await Should.ThrowAsync<FeedHistoryException>(() => consumer.Deliver(_feed.Run(6, 8)));
        _effect.Applied.Count.ShouldBe(5);
    }

    [Fact]
    public async Task An_item_beyond_the_feed_stops_the_reader()
    {
        _feed.Length = 5;
        using var consumer = Consumer();
        await Should.ThrowAsync<FeedHistoryException>(() => consumer.Deliver(_feed.Run(8, 9)));
        _effect.Applied.ShouldBe([1L, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_failed_effect_is_done_again_and_one_that_had_committed_is_not()
    {
        _feed.Length = 4;
        using var consumer = Consumer();
        _effect.Fail = Failing.BeforeCommit;
        await Should.ThrowAsync<IOException>(() => consumer.Deliver(_feed.Run(1, 2)));
        _effect.Fail = Failing.AfterCommit;
        await Should.ThrowAsync<IOException>(() => consumer.Deliver(_feed.Run(1, 2)));
        await consumer.Deliver(_feed.Run(1, 2));
        await consumer.Deliver(_feed.Run(3, 4));
        _effect.Applied.ShouldBe([1L, 2, 3, 4]);
    }

    private static readonly Gen<(int Kind, int First, int Length)[]> Interleavings =
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, 60], Gen.Int[1, 12]).Array[0, 40];

    [Fact]
    public Task Any_interleaving_of_duplicates_losses_reorderings_and_failures_ends_like_reading_in_order() =>
        Gen.Select(Gen.Int[1, 60], Interleavings, Gen.Bool).SampleAsync(async (length, steps, atOnce) =>
        {
            var (feed, effect) = (new FakeFeed { Length = length, PageSize = 7 }, new RecordingEffect { Yields = atOnce });
            using var consumer = new FeedConsumer("order", 0, feed, effect);
            var running = new List<Task>();
            foreach (var (kind, first, count) in steps)
            {
                effect.Fail = kind switch { 7 => Failing.BeforeCommit, 8 => Failing.AfterCommit, _ => Failing.Never };
                var step = Swallow(kind == 9 ? consumer.Nudge() : first <= length ? consumer.Deliver(feed.Run(first, Math.Min(length, first + count - 1))) : Task.CompletedTask);
                if (atOnce) running.Add(step);
                else await step;
            }

            await Task.WhenAll(running);
            effect.Fail = Failing.Never;
            await consumer.CatchUp();
            effect.Applied.ShouldBe(Enumerable.Range(1, length).Select(i => (long)i));
        }, iter: 2_000);

    private static async Task Swallow(Task step)
    {
        try
        {
            await step;
        }
        catch (IOException)
        {
            // The injected failure; what it interrupted must be made good later.
        }
    }

    private sealed class FakeFeed : IFeedGrain
    {
        private short _histories;
        private List<short> _historyOf = [];

        public int Length { get; set; }
        public string Epoch { get; private set; } = "e1";
        public int Reads { get; private set; }
        public int PageSize { get; init; } = FeedBatch.MaxEvents;
        public int EventBytes { get; set; }

        /// <summary>What comes after so many events is another history's.</summary>
        public void FailOver(string epoch, int kept)
        {
            Epoch = epoch;
            _histories++;
            _historyOf = [.. _historyOf.Take(kept)];
        }

        public FeedBatch Run(long first, long last) => new("order", 0, Epoch,
            [.. Enumerable.Range((int)first, (int)(last - first + 1)).Select(position => new RecordedEvent(
                "order", 0, position, IdOf(position), "order/t1/x", position, "order.cancelled.v1", default, default, "system", null, null, null, new byte[EventBytes]))]);

        private Guid IdOf(int position)
        {
            while (_historyOf.Count < position) _historyOf.Add(_histories);
            return new Guid(position, _historyOf[position - 1], 0, new byte[8]);
        }

        public Task<FeedBatch?> Read(long after)
        {
            Reads++;
            return Task.FromResult(FeedBatch.Of("order", 0, Epoch, after < Length ? Run(after + 1, Math.Min(Length, after + PageSize)).Events : []));
        }

        public Task<FeedBatch?> Next(long after, TimeSpan patience) => Read(after);

        public Task<FeedHead> Head() => Task.FromResult(new FeedHead(Length, Epoch));
    }

    private enum Failing
    {
        Never,
        BeforeCommit,
        AfterCommit,
    }

    private sealed class RecordingEffect : IFeedEffect
    {
        public List<long> Applied { get; } = [];
        public FeedCursor Stored { get; set; } = FeedCursor.Start;
        public Failing Fail { get; set; }
        public bool Yields { get; init; }
        public Action Applying { get; set; } = static () => { };

        public Task<FeedCursor> Cursor(string service, int partition) => Task.FromResult(Stored);

        public async Task Apply(FeedBatch run)
        {
            Applying();
            if (Yields) await Task.Yield();
            if (Fail == Failing.BeforeCommit) throw new IOException("before");
            run.First.ShouldBe(Stored.Position + 1);
            Applied.AddRange(run.Events.Select(e => e.Position));
            Stored = FeedCursor.After(run);
            if (Fail != Failing.AfterCommit) return;
            Fail = Failing.Never;
            throw new IOException("after");
        }

        public Task Adopt(string service, int partition, FeedCursor stored, FeedCursor same)
        {
            stored.ShouldBe(Stored);
            Stored = same;
            return Task.CompletedTask;
        }

        public void Forget()
        {
            Applied.Clear();
            Stored = FeedCursor.Start;
        }
    }
}
