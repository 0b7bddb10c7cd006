using Commerce.Cli.Verify;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Orders;
using Commerce.Payments;
using Commerce.Silo.Payments;
using CsCheck;

namespace Commerce.Tests.Verify;

public sealed class AuditTests
{
    private static Task<AuditReport> Whole(Story story, int minutesLater = 0) =>
        Audit.Run(new StoryInstallation(story, story.Happened.Count, story.Happened.Count, _ => story.Happened.Count, story.Happened.Count), Story.Now.AddMinutes(minutesLater));

    private static async Task<IEnumerable<string>> Broken(Story story, int minutesLater = 0) => (await Whole(story, minutesLater)).Invariants.Where(rule => !rule.Ok).Select(rule => rule.Id);

    [Fact]
    public async Task A_shop_in_order_is_found_in_order()
    {
        var report = await Whole(Story.OfThreeOrders());
        report.Invariants.SelectMany(rule => rule.Violations).ShouldBeEmpty();
        report.Invariants.Single(rule => rule.Id == "I2").Checked.ShouldBe(1);
        report.Invariants.Single(rule => rule.Id == "I3").Checked.ShouldBe(2);
    }

    private static Story Told(string which) => which == "money" ? Story.OfMoney() : Story.OfThreeOrders();

    [Theory]
    [InlineData("orders"), InlineData("money")]
    public async Task At_every_moment_of_a_shop_that_sells_it_is_found_in_order(string which)
    {
        var story = Told(which);
        for (var moment = 0; moment <= story.Happened.Count; moment++)
        {
            var at = moment;
            (await Audit.Run(new StoryInstallation(story, at, at, _ => at, at), Story.Now)).Invariants.SelectMany(rule => rule.Violations).ShouldBeEmpty($"after {at} things");
        }
    }

    [Theory]
    [InlineData("orders"), InlineData("money")]
    public Task Whatever_happens_between_its_readings_of_the_databases_a_shop_in_order_is_found_in_order(string which)
    {
        var story = Told(which);
        return Gen.Int[0, story.Happened.Count].Array[6].SampleAsync(async moments =>
        {
            // The order in which a cluster is read: ledger, end of the orders, the other journals, the orders, ledger.
            Array.Sort(moments);
            var installation = new StoryInstallation(story, moments[0], moments[1], service => service switch { "inventory" => moments[2], "payment" => moments[3], _ => moments[4] }, moments[5]);
            (await Audit.Run(installation, Story.Now)).Invariants.SelectMany(rule => rule.Violations).ShouldBeEmpty(string.Join(' ', moments));
        }, iter: 1_000);
    }

    [Fact]
    public async Task A_hold_for_an_order_that_never_was_is_found() =>
        (await Broken(Story.OfThreeOrders().Stock(new StockReserved(Story.Order("nobody"), 1, Term.Owned)))).ShouldBe(["I7"]);

    [Fact]
    public async Task A_dead_order_that_still_holds_stock_is_found() =>
        (await Broken(Story.OfThreeOrders().Stock(new StockReserved(Story.Order("expired"), 2, Term.Owned)))).ShouldBe(["I3", "I7"]);

    [Fact]
    public async Task A_confirmed_order_without_its_stock_is_found() =>
        (await Broken(Story.OfThreeOrders().Begin(Story.Order("thin"), "4").Stock(new StockReleased(Story.Order("thin"), 2))
            .On(Story.Order("thin"), new OrderConfirmed("", [])))).ShouldContain("I2");

    [Theory]
    [InlineData(4, true), InlineData(6, false)]
    public async Task Goods_that_were_sold_and_never_leave_are_found(int minutes, bool clean) =>
        (await Broken(Story.OfThreeOrders().Sell(Story.Order("kept"), "4"), minutes)).ShouldBe(clean ? [] : ["I2", "I8"]);

    [Fact]
    public async Task A_shop_that_was_stopped_right_after_a_sale_is_judged_as_it_stood()
    {
        var story = Story.OfThreeOrders().Sell(Story.Order("kept"), "4");

        (await Audit.Run(new StoryInstallation(story, story.Happened.Count, story.Happened.Count, _ => story.Happened.Count, story.Happened.Count), now: null))
            .Invariants.SelectMany(rule => rule.Violations).ShouldBeEmpty();
    }

    [Fact]
    public async Task Goods_that_are_said_to_be_settled_and_have_not_left_are_found_at_once() =>
        (await Broken(Story.OfThreeOrders().Sell(Story.Order("kept"), "4").Told(Story.Order("kept")).Settled())).ShouldBe(["I2"]);

    [Fact]
    public async Task A_sale_of_which_its_cart_was_never_told_is_found()
    {
        Story Untold() => Story.OfThreeOrders().Sell(Story.Order("kept"), "4").Stock(new StockCommitted(Story.Order("kept"), 2));

        (await Broken(Untold(), minutesLater: 4)).ShouldBeEmpty();
        (await Broken(Untold(), minutesLater: 6)).ShouldBe(["I8"]);
        (await Broken(Untold().Settled())).ShouldBe(["I8"]);
        (await Broken(Untold().Told(Story.Order("kept")).Settled(), minutesLater: 6)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Money_that_nobody_asked_for_is_found()
    {
        var story = Story.OfThreeOrders();
        story.Happened.Add(story.Happened.OfType<LedgerOperation>().First() with { Key = "stray" });
        (await Broken(story)).ShouldBe(["I4"]);
    }

    [Theory]
    [InlineData("sold", "r1", OperationKind.Refund), InlineData("sold", "s1-again", OperationKind.Capture), InlineData("expired", "s1", OperationKind.Capture), InlineData("nobody", "s1", OperationKind.Capture)]
    public async Task Money_that_moved_without_its_order_is_found(string cart, string name, OperationKind kind) =>
        (await Broken(Story.OfThreeOrders().Pays(Story.Order(cart), name, kind))).ShouldBe(["I4"]);

    [Fact]
    public async Task A_second_refund_of_a_return_is_found() =>
        (await Broken(Story.OfMoney().Pays(Story.Order("returned"), "r2", OperationKind.Refund))).ShouldBe(["I4"]);

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Money_that_moved_without_its_order_is_found_while_the_order_waits_for_other_money_or_for_an_operator(bool parked)
    {
        var (back, leaving, undone) = (Story.Order("sold"), Story.Order("leaving"), Story.Order("undone"));
        Story Waiting()
        {
            var story = Story.OfThreeOrders().On(back, new ShipmentDelivered("s1", Story.Now.AddDays(30))).Return(back).Pays(back, "r1-2", OperationKind.Refund).On(back, new RefundDeclined("r1", "x"));
            story.Confirm(leaving, "4").On(leaving, new ShipmentRequested("s1", [new("1", 2)], Story.Pounds)).Pays(leaving, "s1", OperationKind.Capture);
            story.Confirm(undone, "5").On(undone, new AdvanceRequested(Story.Pounds)).Pays(undone, "rest", OperationKind.Capture).On(undone, new AdvanceCaptured())
                .On(undone, new CancelRequested("asked")).On(undone, new OrderStockCommitted()).Pays(undone, "rest/back", OperationKind.Refund);
            return !parked ? story : story.On(back, new OrderParked("Refund r1", "x")).On(leaving, new OrderParked("Capture s1", "x")).On(undone, new OrderParked("UndoCapture rest", "x"));
        }

        (await Broken(Waiting())).ShouldBeEmpty();
        (await Broken(Waiting().Pays(back, "r2", OperationKind.Refund))).ShouldBe(["I4"]);
        (await Broken(Waiting().Pays(leaving, "s2", OperationKind.Capture))).ShouldBe(["I4"]);
        (await Broken(Waiting().Pays(undone, "s1", OperationKind.Capture))).ShouldBe(["I4"]);
    }

    [Theory]
    [InlineData(9, true), InlineData(11, false)]
    public async Task A_charge_back_nobody_told_us_of_for_ten_minutes_is_found(int minutes, bool clean)
    {
        var story = Story.OfThreeOrders();
        story.Happened.Add(story.Happened.OfType<LedgerOperation>().First() with { Key = "bank", Kind = OperationKind.ChargeBack, At = Story.Now.AddMinutes(-minutes) });
        (await Broken(story)).ShouldBe(clean ? [] : ["I4"]);
    }

    [Fact]
    public async Task An_acknowledged_order_that_is_not_there_is_found()
    {
        var (story, acknowledged) = (Story.OfThreeOrders(), new HashSet<string> { Story.Order("sold").Value, Story.Order("never").Value });
        var report = await Audit.Run(new StoryInstallation(story, story.Happened.Count, story.Happened.Count, _ => story.Happened.Count, story.Happened.Count), Story.Now, acknowledged);
        report.Invariants.SelectMany(rule => rule.Violations).ShouldHaveSingleItem().Stream.ShouldContain(Story.Order("never").Value);
        report.Invariants.Single(rule => rule.Id == "ACK").Checked.ShouldBe(2);
    }

    [Fact]
    public async Task Money_captured_ahead_of_a_shipment_is_in_order_and_money_captured_for_nothing_is_not()
    {
        var (order, story) = (Story.Order("ahead"), Story.OfThreeOrders().Confirm(Story.Order("ahead"), "4"));
        story.On(order, new AdvanceRequested(Story.Pounds)).Pays(order, "rest", OperationKind.Capture).On(order, new AdvanceCaptured());
        (await Broken(story)).ShouldBeEmpty();

        (await Broken(story.On(order, new ShipmentRequested("s1", [new("1", 1)], Story.Pounds)).On(order, new ShipmentSent("s1")))).ShouldBe(["I4"]);
    }

    [Fact]
    public async Task A_second_charge_is_found_until_it_has_been_let_go_of()
    {
        var order = Story.Order("sold");
        var twice = Story.OfThreeOrders().Pays(order, "a2", OperationKind.Authorise);
        (await Broken(twice)).ShouldBe(["I5"]);
        (await Broken(twice.Pays(order, "a2/void", OperationKind.Void))).ShouldNotContain("I5");
    }

    [Fact]
    public async Task A_sale_whose_money_was_let_go_of_is_found_unless_an_operator_says_how()
    {
        var order = Story.Order("unpaid");
        var unpaid = Story.OfThreeOrders().Confirm(order, "4").Pays(order, "void", OperationKind.Void);
        (await Broken(unpaid)).ShouldBe(["I5"]);
        (await Broken(unpaid.On(order, new StepSkipped("VoidPayment void", "by phone")))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refund_that_nobody_made_is_found_unless_an_operator_says_how_it_was_made()
    {
        var order = Story.Order("sold");
        Story Returned() => Story.OfThreeOrders().On(order, new ShipmentDelivered("s1", Story.Now)).Return(order);

        (await Broken(Returned().On(order, new ReturnRefunded("r1")))).ShouldBe(["I4"]);
        (await Broken(Returned().On(order, new StepSkipped("Refund r1", "by bank transfer")).On(order, new ReturnRefunded("r1")))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task What_an_operator_has_seen_to_by_other_means_may_be_in_the_books_or_not(bool done)
    {
        var (back, undone) = (Story.Order("sold"), Story.Order("undone"));
        var story = Story.OfThreeOrders().On(back, new ShipmentDelivered("s1", Story.Now.AddDays(30))).Return(back);
        if (done) story.Pays(back, "r1-2", OperationKind.Refund);
        story.On(back, new RefundDeclined("r1", "x")).On(back, new StepSkipped("Refund r1", "by bank transfer")).On(back, new ReturnRefunded("r1"));

        story.Confirm(undone, "4").On(undone, new ShipmentRequested("s1", [new("1", 2)], Story.Pounds)).On(undone, new ShipmentBlocked("s1", "no-answer"));
        if (done) story.Pays(undone, "s1", OperationKind.Capture);
        story.On(undone, new StepSkipped("UndoCapture s1", "by bank transfer")).On(undone, new CaptureUndone("s1", Refunded: false));

        (await Broken(story)).ShouldBeEmpty();
        (await Broken(story.Pays(back, "r2", OperationKind.Refund))).ShouldBe(["I4"]);
    }

    [Fact]
    public async Task Money_of_a_dead_order_is_found_unless_an_operator_says_how_it_was_let_go_of()
    {
        var order = Story.Order("kept");
        Story Cancelling() => Story.OfThreeOrders().Confirm(order, "4").On(order, new CancelRequested("asked")).On(order, new OrderStockCommitted());
        Story Ended(Story story) => story.On(order, new OrderPaymentVoided("")).Stock(new StockReturned(order, "cancelled", 2)).On(order, new OrderStockFreed()).On(order, new OrderCartSettled()).On(order, new OrderCancelled());

        (await Broken(Ended(Cancelling()))).ShouldBe(["I3"]);
        (await Broken(Ended(Cancelling().On(order, new OrderParked("VoidPayment void", "declined", Declined: true)).On(order, new StepSkipped("VoidPayment void-2", "by phone"))))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_capture_ahead_that_was_skipped_while_that_could_be_done_and_then_asked_for_again_is_in_order()
    {
        var order = Story.Order("ahead");
        var story = Story.OfThreeOrders().Confirm(order, "4").On(order, new AdvanceRequested(Story.Pounds)).On(order, new StepSkipped("CaptureAhead", "x")).On(order, new AdvanceDeclined("skipped"));

        story.Pays(order, "rest", OperationKind.Capture).On(order, new AdvanceCaptured());

        (await Broken(story)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(4, true), InlineData(6, false)]
    public async Task What_was_left_undone_by_a_shop_that_was_stopped_has_its_time_from_its_next_start(int minutes, bool clean)
    {
        var story = Story.OfThreeOrders().Sell(Story.Order("kept"), "4");
        var later = Story.Now.AddHours(1);

        var report = await Audit.Run(
            new StoryInstallation(story, story.Happened.Count, story.Happened.Count, _ => story.Happened.Count, story.Happened.Count), later, runsSince: later.AddMinutes(-minutes));

        report.Invariants.Where(rule => !rule.Ok).Select(rule => rule.Id).ShouldBe(clean ? [] : ["I2", "I8"]);
    }

    [Fact]
    public async Task An_order_paid_late_may_hold_its_goods_until_that_is_decided_and_no_longer()
    {
        var order = Story.Order("expired");
        var late = Story.OfThreeOrders().On(order, new LateAuthorised("a1", Story.Pounds)).Stock(new StockPinned(order, 2));
        (await Broken(late)).ShouldBeEmpty();

        (await Broken(late.On(order, new LatePaymentRefused("a1", "x", [])).On(order, new OrderPaymentVoided("v")).On(order, new OrderStockFreed()))).ShouldBe(["I3", "I7"]);
    }

    [Fact]
    public async Task A_missing_event_is_found_wherever_it_is_missing()
    {
        var story = Story.OfThreeOrders();
        foreach (var lost in story.Happened.OfType<RecordedEvent>())
        {
            story.Lost = lost;
            (await Broken(story)).ShouldContain("I1", $"without {lost.Type} {lost.Version}");
        }
    }
}
