using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Diagnostics;
using Orleans.Streams.RabbitMQ.Publishing;
using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class CoalescerTests
{
    private readonly FakeBrokerQueue _queue = new();
    private readonly RabbitMqStreamOptions _options = new() { MessagesInFlight = 2, PublishTimeout = TimeSpan.FromMinutes(10) };

    internal static StreamMetrics Metrics => new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), "test");

    [Fact]
    public async Task A_lone_batch_leaves_at_once_and_its_caller_waits_for_the_confirm()
    {
        await using var coalescer = Start();

        var publishing = coalescer.Publish(Batch(1));
        await _queue.UntilSent(1);

        publishing.IsCompleted.ShouldBeFalse();
        _queue.Sent[0].Confirm.SetResult();
        await publishing;
    }

    [Fact]
    public async Task What_piles_up_behind_a_full_window_leaves_as_one_message()
    {
        await using var coalescer = Start();
        var first = coalescer.Publish(Batch(1));
        await _queue.UntilSent(1);
        var second = coalescer.Publish(Batch(2));
        await _queue.UntilSent(2);

        var rest = Enumerable.Range(3, 100).Select(i => coalescer.Publish(Batch((byte)i))).ToList();
        _queue.Sent[0].Confirm.SetResult();
        await _queue.UntilSent(3);

        Contents(2).ShouldBe(Enumerable.Range(3, 100).Select(i => (byte)i));
        _queue.Sent[1].Confirm.SetResult();
        _queue.Sent[2].Confirm.SetResult();
        await Task.WhenAll([first, second, .. rest]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_broken_connection_the_oldest_is_sent_again_before_any_later_one(bool withoutCure)
    {
        _options.Without = withoutCure ? Cure.KeepOrder : Cure.None;
        await using var coalescer = Start();
        var publishing = new List<Task> { coalescer.Publish(Batch(1)) };
        await _queue.UntilSent(1);
        publishing.Add(coalescer.Publish(Batch(2)));
        await _queue.UntilSent(2);
        publishing.Add(coalescer.Publish(Batch(3)));

        _queue.ConfirmAtOnce = true;
        _queue.Sent[0].Confirm.SetException(new BrokerUnavailableException("cut"));
        _queue.Sent[1].Confirm.SetException(new BrokerUnavailableException("cut"));
        await Task.WhenAll(publishing);

        var order = Enumerable.Range(2, 3).SelectMany(Contents);
        if (withoutCure)
            order.ShouldNotBe([1, 2, 3]);
        else
            order.ShouldBe([1, 2, 3]);
        _queue.Sent[2].Message.Id.ShouldBe(_queue.Sent[withoutCure ? 1 : 0].Message.Id);
    }

    [Fact]
    public async Task A_message_the_broker_refused_for_a_moment_is_sent_again_behind_what_it_took_meanwhile()
    {
        await using var coalescer = Start();
        var first = coalescer.Publish(Batch(1));
        await _queue.UntilSent(1);
        var second = coalescer.Publish(Batch(2));
        await _queue.UntilSent(2);
        var third = coalescer.Publish(Batch(3));

        // The queue had no leader for the first, and had one again for the second.
        _queue.Sent[1].Confirm.SetResult();
        _queue.Sent[0].Confirm.SetException(new BrokerUnavailableException("no leader"));
        await second;
        first.IsCompleted.ShouldBeFalse();
        _queue.ConfirmAtOnce = true;
        await _queue.UntilSent(3);
        foreach (var (_, confirm) in _queue.Sent.Skip(2))
            confirm.TrySetResult();
        await Task.WhenAll(first, third);

        // Two was published without waiting for one: this is where the README's promise of order ends.
        var again = _queue.Sent.ToList().FindLastIndex(s => s.Message.Id == _queue.Sent[0].Message.Id);
        again.ShouldBeGreaterThan(1);
        Contents(again).ShouldBe([1]);
        _queue.Sent.Count(s => s.Message.Id == _queue.Sent[1].Message.Id).ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_reaches_exactly_the_callers_in_its_message()
    {
        await using var coalescer = Start();
        var refused = coalescer.Publish(Batch(1));
        await _queue.UntilSent(1);
        var stored = coalescer.Publish(Batch(2));
        await _queue.UntilSent(2);

        _queue.Sent[0].Confirm.SetException(new RabbitMqPublishException("full"));
        _queue.Sent[1].Confirm.SetResult();

        (await Should.ThrowAsync<RabbitMqPublishException>(refused)).Message.ShouldBe("full");
        await stored;
    }

    [Fact]
    public async Task A_caller_without_a_confirm_in_time_learns_that_the_outcome_is_unknown()
    {
        _options.PublishTimeout = TimeSpan.FromSeconds(1);
        await using var coalescer = Start();

        var publishing = coalescer.Publish(Batch(1));

        (await Should.ThrowAsync<RabbitMqPublishException>(publishing)).OutcomeUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task A_caller_whose_broker_stays_away_learns_that_the_outcome_is_unknown()
    {
        _options.PublishTimeout = TimeSpan.FromSeconds(1);
        _queue.IsDown = true;
        await using var coalescer = Start();

        var publishing = coalescer.Publish(Batch(1));

        (await Should.ThrowAsync<RabbitMqPublishException>(publishing)).OutcomeUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task Callers_are_told_in_time_while_another_message_breaks_and_theirs_is_not_confirmed()
    {
        _options.PublishTimeout = TimeSpan.FromSeconds(1);
        await using var coalescer = Start();
        var broken = coalescer.Publish(Batch(1));
        await _queue.UntilSent(1);
        var unconfirmed = coalescer.Publish(Batch(2));
        await _queue.UntilSent(2);
        var waiting = coalescer.Publish(Batch(3));

        _queue.Sent[0].Confirm.SetException(new BrokerUnavailableException("cut"));

        foreach (var publishing in (Task[])[broken, unconfirmed, waiting])
            (await Should.ThrowAsync<RabbitMqPublishException>(publishing.WaitAsync(TimeSpan.FromSeconds(Setup.Patience.Seconds)))).OutcomeUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task A_caller_is_told_when_its_own_time_is_over_not_that_of_the_last_in_its_message()
    {
        var time = new LaterClock();
        (_options.MessagesInFlight, _options.MaxMessageBytes, _options.MaxPendingBytes) = (1, 4096, 4096);
        await using var coalescer = new Coalescer(_queue, "test", "0", _options, time, Metrics, NullLogger.Instance);
        var first = coalescer.Publish(Batch(1));
        await _queue.UntilSent(1);
        var early = coalescer.Publish(new byte[2000]);
        time.Later = _options.PublishTimeout * 0.6;
        var late = coalescer.Publish(new byte[2000]);
        _queue.Sent[0].Confirm.SetResult();
        await Task.WhenAll(first, _queue.UntilSent(2));

        time.Later = _options.PublishTimeout * 1.2;

        (await Should.ThrowAsync<RabbitMqPublishException>(early.WaitAsync(TimeSpan.FromSeconds(Setup.Patience.Seconds)))).OutcomeUnknown.ShouldBeTrue();
        late.IsCompleted.ShouldBeFalse();
        _queue.Sent[1].Confirm.SetResult();
        await late;

        // Its bytes were given back once, not twice: what does not fit is still refused.
        Task[] pending = [coalescer.Publish(new byte[2000]), coalescer.Publish(new byte[2000])];
        (await Should.ThrowAsync<RabbitMqPublishException>(coalescer.Publish(new byte[2000]))).OutcomeUnknown.ShouldBeFalse();
        await _queue.UntilSent(3);
        _queue.ConfirmAtOnce = true;
        foreach (var (_, confirm) in _queue.Sent)
            confirm.TrySetResult();
        await Task.WhenAll(pending);
    }

    [Fact]
    public async Task What_exceeds_a_bound_is_refused_and_nothing_is_sent()
    {
        (_options.MaxMessageBytes, _options.MaxPendingBytes) = (4096, 8192);
        await using var coalescer = Start();

        var tooLarge = coalescer.Publish(new byte[5000]);
        (await Should.ThrowAsync<RabbitMqPublishException>(tooLarge)).OutcomeUnknown.ShouldBeFalse();
        var pending = Enumerable.Range(0, 4).Select(_ => coalescer.Publish(new byte[2048])).ToList();
        var tooMany = coalescer.Publish(new byte[2048]);

        (await Should.ThrowAsync<RabbitMqPublishException>(tooMany)).OutcomeUnknown.ShouldBeFalse();
        await _queue.UntilSent(2);
        _queue.ConfirmAtOnce = true;
        foreach (var (_, confirm) in _queue.Sent)
            confirm.TrySetResult();
        await Task.WhenAll(pending);
    }

    [Fact]
    public async Task A_broker_that_stays_away_is_told_of_once_for_each_reason()
    {
        var log = new RecordedLog();
        await using var coalescer = Start(log);
        var publishing = coalescer.Publish(Batch(1));
        string[] reasons = ["refused", "refused", "refused", "cut"];
        for (var i = 0; i < reasons.Length; i++)
        {
            await _queue.UntilSent(i + 1);
            _queue.Sent[i].Confirm.SetException(new BrokerUnavailableException(reasons[i]));
        }

        await _queue.UntilSent(reasons.Length + 1);
        _queue.Sent[^1].Confirm.SetResult();
        await publishing;
        log.Lines.Where(line => line.Id == Lines.SendsAgain).Select(line => line.Values["Error"]).ShouldBe(["refused", "cut"]);
    }

    private static ReadOnlyMemory<byte> Batch(byte content) => new[] { content };

    private IEnumerable<byte> Contents(int message) => Frame.Open(_queue.Sent[message].Message.Body).Select(b => b.Span[0]);

    private Coalescer Start(ILogger? log = null) => new(_queue, "test", "0", _options, TimeProvider.System, Metrics, log ?? NullLogger.Instance);

    /// <summary>The real clock, ahead by as much as the test says.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public TimeSpan Later { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Later.TotalSeconds * TimestampFrequency);
    }
}
