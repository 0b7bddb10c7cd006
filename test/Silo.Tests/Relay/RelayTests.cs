using System.Threading.Channels;
using Commerce.Feeds;
using Commerce.Silo.Relay;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Tests.Relay;

public sealed class RelayTests : IAsyncDisposable
{
    private readonly ListJournal _journal = new();
    private readonly WatchedClock _clock = new();
    private readonly Publications _stream = new();
    private readonly Cursor _cursor = new();
    private readonly Silo.Relay.Relay _relay;

    public RelayTests() => _relay = new Silo.Relay.Relay("order", _journal, _stream, _cursor, _clock, NullLogger<Silo.Relay.Relay>.Instance);

    public async ValueTask DisposeAsync()
    {
        await _relay.StopAsync(CancellationToken.None);
        _relay.Dispose();
    }

    private Task Start() => _relay.StartAsync(TestContext.Current.CancellationToken);

    [Fact]
    public async Task What_is_in_the_journal_is_published_in_order_in_runs_of_256()
    {
        _journal.Append(600);
        await Start();
        (await _stream.Next()).ShouldBe((1L, 256L));
        (await _stream.Next()).ShouldBe((257L, 512L));
        (await _stream.Next()).ShouldBe((513L, 600L));
        (await _clock.NextSleep()).ShouldBe(Silo.Relay.Relay.Linger);
        _cursor.Position.ShouldBe(600);
    }

    [Fact]
    public async Task Large_events_are_published_in_shorter_runs_without_a_pause()
    {
        // Orders of thousands of lines.
        _journal.Append(5, bytes: 300_000);
        _journal.Append(1, bytes: 1_600_000);
        _journal.Append(1);
        await Start();
        (await _stream.Next()).ShouldBe((1L, 2L));
        (await _stream.Next()).ShouldBe((3L, 4L));
        (await _stream.Next()).ShouldBe((5L, 6L));
        (await _stream.Next()).ShouldBe((7L, 7L));
        (await _clock.NextSleep()).ShouldBe(Silo.Relay.Relay.Linger);
    }

    [Fact]
    public async Task An_append_is_published_at_its_signal_and_a_short_run_lets_more_pile_up()
    {
        await Start();
        _journal.Append(1);
        (await _stream.Next()).ShouldBe((1L, 1L));
        await _clock.NextSleep();
        _journal.Append(2);
        _journal.Append(3);
        _clock.Advance(Silo.Relay.Relay.Linger);
        (await _stream.Next()).ShouldBe((2L, 6L));
    }

    [Fact]
    public async Task EShop279_Publish_fails()
    {
        _stream.Broken = true;
        _journal.Append(3);
        await Start();
        foreach (var pause in (int[])[100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
        {
            (await _clock.NextSleep()).ShouldBe(TimeSpan.FromMilliseconds(pause));
            _cursor.Position.ShouldBe(0);
            if (pause == 10_000) _stream.Broken = false;
            _clock.Advance(TimeSpan.FromMilliseconds(pause));
            if (!_stream.Broken) break;
        }

        (await _stream.Next()).ShouldBe((1L, 3L));
        await _clock.NextSleep();
        _cursor.Position.ShouldBe(3);
    }

    [Fact]
    public async Task EShop279_Publish_fails_loses_events_when_the_cursor_does_not_wait_for_the_publish()
    {
        (_stream.Broken, _stream.Unheard) = (true, true);
        _journal.Append(3);
        await Start();
        await _clock.NextSleep();
        // Nothing was published, and nothing ever will be.
        _cursor.Position.ShouldBe(3);
    }

    [Fact]
    public async Task It_stops_at_once_while_a_publish_has_no_answer_and_publishes_that_again_when_it_goes_on()
    {
        var answer = _stream.Answer = new TaskCompletionSource();
        _journal.Append(1);
        await Start();
        (await _stream.Next()).ShouldBe((1L, 1L));
        try
        {
            await _relay.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        finally
        {
            answer.SetResult();
        }

        _cursor.Position.ShouldBe(0);
    }

    [Fact]
    public async Task A_cursor_that_could_not_be_stored_repeats_the_item_and_loses_none()
    {
        _cursor.Broken = true;
        _journal.Append(2);
        await Start();
        (await _stream.Next()).ShouldBe((1L, 2L));
        await _clock.NextSleep();
        _cursor.Broken = false;
        _clock.Advance(Silo.Relay.Relay.FirstRetry);
        (await _stream.Next()).ShouldBe((1L, 2L));
    }

    [Fact]
    public async Task In_another_epoch_it_goes_on_from_the_stored_cursor_and_misses_no_event_that_got_a_lost_one_s_position()
    {
        _journal.Append(10);
        await Start();
        (await _stream.Next()).ShouldBe((1L, 10L));
        await _clock.NextSleep();
        _cursor.Position = 6;
        _journal.FailOver("e2", kept: 7);
        _clock.Advance(Silo.Relay.Relay.Linger);
        (await _stream.Next()).ShouldBe((7L, 7L));
        await _clock.NextSleep();
        _journal.Append(2);
        _clock.Advance(Silo.Relay.Relay.Linger);
        (await _stream.Next()).ShouldBe((8L, 9L));
    }

    [Fact]
    public async Task While_the_journal_answers_in_two_epochs_it_waits_and_publishes_nothing()
    {
        _journal.Append(1);
        _journal.PagesOf = "e0";
        await Start();
        (await _clock.NextSleep()).ShouldBe(Silo.Relay.Relay.FirstRetry);
        _clock.Advance(Silo.Relay.Relay.FirstRetry);
        (await _clock.NextSleep()).ShouldBe(2 * Silo.Relay.Relay.FirstRetry);
        _cursor.Position.ShouldBe(0);
        _journal.PagesOf = null;
        _clock.Advance(2 * Silo.Relay.Relay.FirstRetry);
        (await _stream.Next()).ShouldBe((1L, 1L));
    }

    [Fact]
    public async Task In_one_process_it_begins_at_the_head()
    {
        _journal.Append(10);
        var cursor = new RelayCursorFromHead(_journal);
        (await cursor.Load("order", 0)).ShouldBe(10);
    }

    private sealed class Publications : IFeedPublisher
    {
        private readonly Channel<(long, long)> _items = Channel.CreateUnbounded<(long, long)>();

        public bool Broken { get; set; }

        /// <summary>The cure taken away: a failure to publish is not waited for.</summary>
        public bool Unheard { get; set; }

        /// <summary>What a publish waits for once the item is on its way.</summary>
        public TaskCompletionSource? Answer { get; set; }

        public async Task Publish(FeedBatch item)
        {
            if (Broken && Unheard) return;
            if (Broken) throw new IOException("The stream's cache is full.");
            await _items.Writer.WriteAsync((item.First, item.Last));
            if (Answer is { } answer) await answer.Task;
        }

        public ValueTask<(long First, long Last)> Next() => _items.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Cursor : IRelayCursor
    {
        public bool Broken { get; set; }
        public long Position { get; set; }

        public Task<long> Load(string service, int partition) => Task.FromResult(Position);

        public Task Store(FeedBatch published)
        {
            if (Broken) throw new IOException("The disk is full.");
            Position = published.Last;
            return Task.CompletedTask;
        }
    }
}
