using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The end of a journal in memory: one run of positions without a gap, of a bounded size.</summary>
public sealed class JournalTailTests
{
    private readonly Script _script = new(new StreamName("inventory", "stock/t1/till@main"));
    private readonly JournalTail _tail = new("inventory");

    public JournalTailTests() => _tail.Begin("epoch-1");

    [Fact]
    public void It_gives_what_follows_a_position_inside_it_and_nothing_about_others()
    {
        Add(10, 2);
        Add(12, 1);
        After(9).ShouldBeNull();
        After(10).ShouldBe([11, 12, 13]);
        After(12).ShouldBe([13]);
        After(13).ShouldBeNull();
        After(20).ShouldBeNull();
        _tail.After(10, 2)!.Head.ShouldBe(new FeedHead(13, "epoch-1"));
        _tail.After(10, 2)!.Events.Count.ShouldBe(2);
    }

    [Fact]
    public void Behind_a_gap_it_begins_anew()
    {
        Add(0, 2);
        Add(5, 1);
        After(1).ShouldBeNull();
        After(5).ShouldBe([6]);
    }

    [Fact]
    public void It_keeps_the_last_512_events_also_of_a_batch_with_more()
    {
        Add(0, 500);
        Add(500, 20);
        After(7).ShouldBeNull();
        After(8)!.Count.ShouldBe(512);
        Add(520, 600);
        After(607).ShouldBeNull();
        After(608)!.Count.ShouldBe(512);
    }

    [Fact]
    public void It_keeps_four_megabytes_and_no_event_that_is_larger()
    {
        for (var i = 0; i < 5; i++) Add(i, 1, 1 << 20);
        After(0).ShouldBeNull();
        After(1)!.Count.ShouldBe(4);
        Add(5, 1, 5 << 20);
        After(5).ShouldBeNull();
        Add(6, 1);
        After(6).ShouldBe([7]);
    }

    [Fact]
    public void It_ends_with_the_history_it_was_of()
    {
        Add(0, 3);
        _tail.End();
        After(0).ShouldBeNull();
        _tail.Begin("epoch-2");
        After(2).ShouldBeNull();
        Add(3, 1);
        _tail.After(3, 1)!.Head.Epoch.ShouldBe("epoch-2");
    }

    [Fact]
    public void When_the_database_is_of_another_history_it_takes_nothing_until_its_writer_has_asked()
    {
        Add(0, 3);
        _tail.Compare("epoch-1");
        After(0)!.Count.ShouldBe(3);
        _tail.Compare("epoch-2");
        (After(0), _tail.Begun).ShouldBe((null, false));
        // Over the connection to the server that was.
        Add(3, 1);
        After(3).ShouldBeNull();
        _tail.Begin("epoch-2");
        Add(4, 1);
        _tail.After(4, 1)!.Head.Epoch.ShouldBe("epoch-2");
    }

    [Fact]
    public void What_was_written_here_is_not_read_from_its_JSON_again_and_elsewhere_it_is()
    {
        var happened = new StockAdjusted(3, "delivery");
        var append = _script.Append();
        _tail.Add(0, [new PendingAppend(append with { Events = [append.Events[0] with { Data = EventTypes.Write(happened), Event = happened }] })]);
        var recorded = _tail.After(0, 1)!.Events[0];
        recorded.Event.ShouldBeSameAs(happened);

        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var travelled = serializer.Deserialize<RecordedEvent>(serializer.SerializeToArray(recorded))!.Event;
        travelled.ShouldBe(happened);
        travelled.ShouldNotBeSameAs(happened);
    }

    private void Add(long head, int events, int bytes = 10)
    {
        var append = _script.Append(events: events);
        _tail.Add(head, [new PendingAppend(append with { Events = [.. append.Events.Select(e => e with { Data = new byte[bytes] })] })]);
    }

    private List<long>? After(long position) => _tail.After(position, int.MaxValue)?.Events.Select(e => e.Position).ToList();
}
