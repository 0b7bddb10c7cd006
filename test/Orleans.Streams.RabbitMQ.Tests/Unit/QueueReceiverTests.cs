using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Receiving;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class QueueReceiverTests
{
    private readonly FakeBrokerQueue _queue = new() { ConfirmAtOnce = true };
    private readonly Serializer _serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public async Task A_message_is_acknowledged_when_its_last_batch_is_delivered()
    {
        var receiver = Receiver();
        _queue.Offer(Message("m", tag: 1, batches: 3));

        var batches = await receiver.GetQueueMessagesAsync(10, default);
        await receiver.MessagesDeliveredAsync([batches[0], batches[2]], default);
        _queue.Acknowledged.ShouldBeEmpty();

        await receiver.MessagesDeliveredAsync([batches[1]], default);
        _queue.Acknowledged.Select(m => m.Tag).ShouldBe([1ul]);
    }

    [Fact]
    public async Task Batches_beyond_what_the_cache_takes_wait_for_the_next_read()
    {
        var receiver = Receiver();
        _queue.Offer(Message("m", tag: 1, batches: 5));

        (await receiver.GetQueueMessagesAsync(2, default)).Count.ShouldBe(2);
        (await receiver.GetQueueMessagesAsync(10, default)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_copy_of_a_message_in_hand_is_not_delivered_again_and_acknowledged_with_it()
    {
        var receiver = Receiver();
        _queue.Offer(Message("m", tag: 1, batches: 1));
        var batches = await receiver.GetQueueMessagesAsync(10, default);
        _queue.Offer(Message("m", tag: 7, batches: 1, generation: 2));

        (await receiver.GetQueueMessagesAsync(10, default)).ShouldBeEmpty();
        await receiver.MessagesDeliveredAsync(batches, default);

        _queue.Acknowledged.Select(m => m.Tag).ShouldBe([1ul, 7ul]);
    }

    [Fact]
    public async Task A_copy_of_a_settled_message_is_acknowledged_unread()
    {
        var receiver = Receiver();
        _queue.Offer(Message("m", tag: 1, batches: 1));
        await receiver.MessagesDeliveredAsync(await receiver.GetQueueMessagesAsync(10, default), default);
        _queue.Offer(Message("m", tag: 2, batches: 1));

        (await receiver.GetQueueMessagesAsync(10, default)).ShouldBeEmpty();
        await receiver.GetQueueMessagesAsync(10, default);

        _queue.Acknowledged.Select(m => m.Tag).ShouldBe([1ul, 2ul]);
    }

    [Fact]
    public async Task Without_a_broker_a_read_is_empty_and_the_next_one_tries_again()
    {
        var receiver = Receiver();
        _queue.IsDown = true;
        (await receiver.GetQueueMessagesAsync(10, default)).ShouldBeEmpty();

        _queue.IsDown = false;
        _queue.Offer(Message("m", tag: 1, batches: 1));
        (await receiver.GetQueueMessagesAsync(10, default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_unreadable_message_becomes_a_dead_letter_before_it_is_acknowledged()
    {
        var receiver = Receiver();
        _queue.Offer(new IncomingMessage("m", "no frame"u8.ToArray(), 1, 1));

        (await receiver.GetQueueMessagesAsync(10, default)).ShouldBeEmpty();
        await receiver.GetQueueMessagesAsync(10, default);

        _queue.Sent.Single().Message.Death!.Reason.ShouldBe("unreadable");
        _queue.Acknowledged.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_letter_that_cannot_be_stored_does_not_hold_up_an_agent_that_stops()
    {
        var receiver = Receiver();
        using var agent = new CancellationTokenSource();
        _queue.Offer(Message("m", tag: 1, batches: 1));
        var batch = (await receiver.GetQueueMessagesAsync(10, agent.Token))[0];
        _queue.IsDown = true;
        var storing = receiver.DeadLetter(batch.SequenceToken.SequenceNumber, "subscription");

        await agent.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(storing.WaitAsync(TimeSpan.FromSeconds(Setup.Patience.Seconds)));
        await receiver.Shutdown(TimeSpan.FromSeconds(1));
        _queue.Acknowledged.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_delivery_an_agent_gives_up_because_it_stops_is_no_dead_letter()
    {
        var receiver = Receiver();
        using var agent = new CancellationTokenSource();
        _queue.Offer(Message("m", tag: 1, batches: 1));
        var batch = (await receiver.GetQueueMessagesAsync(10, agent.Token))[0];

        await agent.CancelAsync();
        await receiver.DeadLetter(batch.SequenceToken.SequenceNumber, "subscription");

        _queue.Sent.ShouldBeEmpty();
        await receiver.Shutdown(TimeSpan.FromSeconds(1));
        _queue.Acknowledged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tokens_of_a_queues_next_owner_are_later()
    {
        var first = Receiver();
        _queue.Offer(Message("a", tag: 1, batches: 1));
        var before = (await first.GetQueueMessagesAsync(10, default))[0].SequenceToken;
        var second = Receiver();
        _queue.Offer(Message("b", tag: 2, batches: 1));

        (await second.GetQueueMessagesAsync(10, default))[0].SequenceToken.CompareTo(before).ShouldBeGreaterThan(0);
    }

    private QueueReceiver Receiver() =>
        new("test", "0", _queue, () => Task.CompletedTask, new RabbitMqStreamOptions(), _serializer, TimeProvider.System, CoalescerTests.Metrics, NullLogger.Instance);

    private IncomingMessage Message(string id, ulong tag, int batches, long generation = 1)
    {
        var events = _serializer.SerializeToArray(new object[] { "event" });
        var frames = Enumerable.Range(0, batches).Select(i => Frame.Batch(StreamId.Create("ns", $"{i}"), null, [], events));
        return new IncomingMessage(id, Frame.Message([.. frames]), generation, tag);
    }
}
