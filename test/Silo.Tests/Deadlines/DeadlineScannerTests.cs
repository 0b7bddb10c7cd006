using System.Threading.Channels;
using Commerce.Kernel;
using Commerce.Kit.Telemetry;
using Commerce.Silo.Deadlines;
using Commerce.Tests.Relay;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Tests.Deadlines;

public sealed class DeadlineScannerTests : IAsyncDisposable
{
    private readonly ListJournal _journal = new();
    private readonly WatchedClock _clock = new();
    private readonly Waker _waker = new();
    private readonly DeadlineScanner _scanner;

    public DeadlineScannerTests() => _scanner = new DeadlineScanner("order", _journal, _waker, _clock, NullLogger<DeadlineScanner>.Instance);

    public async ValueTask DisposeAsync()
    {
        await _scanner.StopAsync(CancellationToken.None);
        _scanner.Dispose();
    }

    private Task Start() => _scanner.StartAsync(TestContext.Current.CancellationToken);

    private DateTimeOffset In(double seconds) => _clock.GetUtcNow().AddSeconds(seconds);

    [Fact]
    public async Task A_stream_is_woken_when_its_deadline_comes_and_not_before()
    {
        _waker.Does = stream => _journal.SetDeadline(stream, null);
        _journal.SetDeadline("order/t1/a", In(30));
        await Start();
        (await _clock.NextSleep()).ShouldBe(TimeSpan.FromSeconds(30));
        _clock.Advance(TimeSpan.FromSeconds(29.999));
        _waker.Count.ShouldBe(0);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await _waker.Next()).ShouldBe("order/t1/a");
    }

    [Fact]
    public async Task A_deadline_that_is_appended_while_it_sleeps_is_not_missed()
    {
        _waker.Does = stream => _journal.SetDeadline(stream, null);
        await Start();
        (await _clock.NextSleep()).ShouldBe(DeadlineScanner.LongestSleep);
        _journal.SetDeadline("order/t1/a", In(2));
        (await _clock.NextSleep()).ShouldBe(DeadlineScanner.ShortestSleep);
        _clock.Advance(DeadlineScanner.ShortestSleep);
        var rest = await _clock.NextSleep();
        rest.ShouldBe(TimeSpan.FromSeconds(1.75));
        _clock.Advance(rest);
        (await _waker.Next()).ShouldBe("order/t1/a");
    }

    [Fact]
    public async Task A_deadline_that_comes_between_looking_and_sleeping_is_not_missed()
    {
        _journal.SetDeadline("order/t1/a", In(2));
        _journal.Looked = () =>
        {
            _journal.Looked = null;
            _clock.Advance(TimeSpan.FromSeconds(3));
        };
        _waker.Does = stream => _journal.SetDeadline(stream, null);
        await Start();
        (await _waker.Next().AsTask().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken)).ShouldBe("order/t1/a");
    }

    [Fact]
    public async Task A_wake_for_nothing_is_repeated_after_1_2_4_and_at_most_60_seconds()
    {
        _waker.DidSomething = false;
        _journal.SetDeadline("order/t1/a", In(0));
        await Start();
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            await _waker.Next();
            var sleep = await _clock.NextSleep();
            sleep.ShouldBe(TimeSpan.FromSeconds(seconds));
            _clock.Advance(sleep);
        }

        await _waker.Next();
    }

    [Fact]
    public async Task A_wake_that_throws_is_tried_again()
    {
        _waker.Throws = true;
        _journal.SetDeadline("order/t1/a", In(0));
        await Start();
        await _waker.Next();
        _waker.Throws = false;
        _clock.Advance(await _clock.NextSleep());
        (await _waker.Next()).ShouldBe("order/t1/a");
    }

    [Fact]
    public async Task Each_wake_is_counted_by_whether_anything_was_due_and_one_that_fails_is_not()
    {
        const string service = "deadlines-of-this-test";
        using var woken = new Measured("commerce.deadlines.woken");
        using var scanner = new DeadlineScanner(service, _journal, _waker, _clock, NullLogger<DeadlineScanner>.Instance);
        (_waker.Throws, _waker.DidSomething) = (true, false);
        _journal.SetDeadline("order/t1/a", In(0));
        await scanner.StartAsync(TestContext.Current.CancellationToken);
        await _waker.Next();
        var retry = await _clock.NextSleep();
        woken.With("service", service).ShouldBeEmpty();

        _waker.Throws = false;
        _clock.Advance(retry);
        await _waker.Next();
        retry = await _clock.NextSleep();
        woken.With(("service", service), ("acted", false)).ShouldBe([1]);

        _waker.DidSomething = true;
        _waker.Does = stream => _journal.SetDeadline(stream, null);
        _clock.Advance(retry);
        await _waker.Next();
        await _clock.NextSleep();
        woken.With(("service", service), ("acted", true)).ShouldBe([1]);
        woken.With("service", service).Count.ShouldBe(2);
        await scanner.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Streams_that_are_held_back_do_not_starve_the_others()
    {
        _waker.DidSomething = false;
        const int stuck = DeadlineScanner.PageSize * 2;
        for (var i = 0; i < stuck; i++) _journal.SetDeadline($"order/t1/stuck{i}", In(-10));
        _journal.SetDeadline("order/t1/late", In(-1));
        await Start();
        for (var i = 0; i < stuck; i++) (await _waker.Next()).ShouldStartWith("order/t1/stuck");
        (await _waker.Next()).ShouldBe("order/t1/late");
    }

    [Fact]
    public async Task A_stream_with_a_new_deadline_is_woken_for_it_without_being_held_back()
    {
        _journal.SetDeadline("order/t1/a", In(-5));
        _waker.DidSomething = false;
        _waker.Does = stream =>
        {
            if (_waker.Count == 1) _journal.SetDeadline(stream, In(-1));
        };
        await Start();
        await _waker.Next();
        await _waker.Next();
        (await _clock.NextSleep()).ShouldBe(TimeSpan.FromSeconds(1), "only now is it held back");
    }

    [Fact]
    public async Task Not_more_than_16_are_woken_at_a_time()
    {
        _waker.Gate = new TaskCompletionSource();
        for (var i = 0; i < 100; i++) _journal.SetDeadline($"order/t1/{i}", In(-1));
        _waker.Does = stream => _journal.SetDeadline(stream, null);
        await Start();
        for (var i = 0; i < DeadlineScanner.Parallelism; i++) await _waker.Next();
        _waker.Count.ShouldBe(DeadlineScanner.Parallelism);
        _waker.Gate.SetResult();
        for (var i = DeadlineScanner.Parallelism; i < 100; i++) await _waker.Next();
    }

    [Fact]
    public async Task A_wake_that_hangs_delays_no_other_stream()
    {
        _waker.Gate = new TaskCompletionSource();
        _waker.Does = stream => _journal.SetDeadline(stream, null);
        _journal.SetDeadline("order/t1/hangs", In(-1));
        _journal.SetDeadline("order/t1/later", In(5));
        await Start();
        await _waker.Next();
        (await _clock.NextSleep()).ShouldBe(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await _waker.Next()).ShouldBe("order/t1/later");
        _waker.Gate.SetResult();
    }

    [Fact]
    public async Task A_hundred_thousand_pending_deadlines_cost_nothing_while_waiting()
    {
        for (var i = 0; i < 100_000; i++) _journal.SetDeadline($"order/t1/{i}", In(3_600));
        await Start();
        await _clock.NextSleep();
        _journal.DueCalls.ShouldBe(1);
        for (var minute = 1; minute <= 10; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await _clock.NextSleep();
        }

        _journal.DueCalls.ShouldBe(11, "one look a minute");
        _waker.Count.ShouldBe(0);
    }

    private sealed class Waker : IStreamWaker
    {
        private readonly Channel<string> _woken = Channel.CreateUnbounded<string>();
        private int _count;

        public bool DidSomething { get; set; } = true;
        public bool Throws { get; set; }
        public Action<string>? Does { get; set; }
        public TaskCompletionSource? Gate { get; set; }
        public int Count => _count;

        public async Task<bool> Wake(StreamName stream)
        {
            Interlocked.Increment(ref _count);
            _woken.Writer.TryWrite(stream.Value);
            if (Gate is { } gate) await gate.Task;
            if (Throws) throw new IOException("away");
            Does?.Invoke(stream.Value);
            return DidSomething;
        }

        public ValueTask<string> Next() => _woken.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }
}
