using System.Collections.Immutable;
using Commerce.Inventory;
using Commerce.Kernel;

namespace Commerce.Grains.Tests.Kernel;

/// <summary>Names no code of these tests reaches meanwhile: a point is armed for the whole process.</summary>
public sealed class CrashPointTests : IDisposable
{
    private readonly List<string> _crashes = [];

    public void Dispose() => CrashPoint.Arm(null);

    [Fact]
    public void A_point_crashes_at_its_nth_time_and_only_then()
    {
        Arm("after-publish-before-cursor here 2");
        CrashPoint.Reached(CrashPoint.AfterPublish, "here");
        _crashes.ShouldBeEmpty();
        CrashPoint.Reached(CrashPoint.AfterPublish, "here");
        CrashPoint.Reached(CrashPoint.AfterPublish, "here");
        _crashes.ShouldBe(["after-publish-before-cursor here"]);
    }

    [Fact]
    public void Another_point_and_another_subject_are_passed()
    {
        Arm("after-publish-before-cursor here 1");
        CrashPoint.Reached(CrashPoint.AfterApply, "here");
        CrashPoint.Reached(CrashPoint.AfterPublish, "there");
        _crashes.ShouldBeEmpty();
    }

    [Fact]
    public void An_append_of_several_events_is_reached_by_any_of_them()
    {
        Arm("after-apply-before-ack stock.adjusted.v1 1");
        CrashPoint.Reached(CrashPoint.AfterApply, ImmutableArray.Create<StockEvent>(new StockAdjusted(1, "found"), new StockReleased(new("x-1"), 0)));
        _crashes.ShouldBe(["after-apply-before-ack stock.adjusted.v1"]);
    }

    [Fact]
    public void A_star_is_any_subject()
    {
        Arm("after-apply-before-ack * 1");
        CrashPoint.Reached(CrashPoint.AfterApply, "whatever");
        _crashes.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("")]
    [InlineData("nowhere * 1")]
    [InlineData("after-apply-before-ack *")]
    [InlineData("after-apply-before-ack * often")]
    public void What_is_no_order_arms_nothing(string order) => CrashPoint.Parse(order, _crashes.Add).ShouldBeNull();

    private void Arm(string order) => CrashPoint.Arm(CrashPoint.Parse(order, _crashes.Add).ShouldNotBeNull());
}
