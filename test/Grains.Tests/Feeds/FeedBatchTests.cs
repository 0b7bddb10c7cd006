using Commerce.Feeds;

namespace Commerce.Tests.Feeds;

public sealed class FeedBatchTests
{
    [Fact]
    public void Small_events_fill_an_item_by_their_number()
    {
        var item = Of(Enumerable.Repeat(100, FeedBatch.MaxEvents + 50))!;
        (item.Events.Length, item.IsFull()).ShouldBe((FeedBatch.MaxEvents, true));
    }

    [Fact]
    public void Large_events_fill_an_item_by_their_bytes_and_the_one_that_fills_it_is_its_last()
    {
        // Descriptions of 4,000 characters, each with an umlaut.
        var item = Of(Enumerable.Repeat(8_000, FeedBatch.MaxEvents))!;
        item.IsFull().ShouldBeTrue();
        item.Events.Sum(e => e.Data.Length).ShouldBeInRange(FeedBatch.FullBytes * 9 / 10, FeedBatch.FullBytes + 8_000);
        (item.First, item.Last).ShouldBe((1, item.Events.Length));
    }

    [Fact]
    public void An_event_larger_than_an_item_should_be_is_an_items_last_and_may_be_its_only_one()
    {
        Of([100, 2 * FeedBatch.FullBytes, 100])!.Events.Length.ShouldBe(2);
        Of([2 * FeedBatch.FullBytes, 100])!.Events.Length.ShouldBe(1);
    }

    [Fact]
    public void What_there_is_no_more_of_does_not_fill_an_item_and_nothing_is_none()
    {
        Of([100, 8_000])!.IsFull().ShouldBeFalse();
        Of([]).ShouldBeNull();
    }

    private static FeedBatch? Of(IEnumerable<int> sizes) => FeedBatch.Of("order", 0, "e1", [.. sizes.Select((size, i) => new RecordedEvent(
        "order", 0, i + 1, Guid.Empty, "order/t1/x", i + 1, "order.cancelled.v1", default, default, "system", null, null, null, new byte[size]))]);
}
