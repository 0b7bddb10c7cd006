using Commerce.Kernel;
using Commerce.Kit;
using CsCheck;

namespace Commerce.Inventory;

public sealed class StockTests() : Specification<Stock, StockEvent>(Stock.Empty, (s, e) => s.Evolve(e))
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly OrderId A = OrderId.Derive(new("cart-a"), 1);
    private static readonly OrderId SecondTryOfA = OrderId.Derive(new("cart-a"), 2);
    private static readonly OrderId B = OrderId.Derive(new("cart-b"), 1);
    private static readonly OrderId C = OrderId.Derive(new("cart-c"), 1);

    private static StockAdjusted Received(int quantity) => new(quantity, "delivery");

    [Fact]
    public void A_reservation_takes_what_is_available() =>
        Given(Received(5)).When(s => s.Reserve(A, 5, Term.Owned, Now)).Then(new StockReserved(A, 5, Term.Owned));

    [Fact]
    public void One_unit_more_than_available_is_out_of_stock() =>
        Given(Received(5), new StockReserved(B, 2, Term.Owned)).When(s => s.Reserve(A, 4, Term.Owned, Now)).ThenRefused(StockErrors.OutOfStock(4, 3));

    [Fact]
    public void Repeating_a_reservation_changes_nothing() =>
        Given(Received(5), new StockReserved(A, 3, Term.Owned)).When(s => s.Reserve(A, 3, Term.Owned, Now)).Then();

    [Fact]
    public void A_reservation_is_not_repeated_with_another_quantity() =>
        Given(Received(5), new StockReserved(A, 3, Term.Owned)).When(s => s.Reserve(A, 4, Term.Owned, Now)).ThenRefused("illegal-transition");

    [Fact]
    public void A_quantity_below_one_is_not_reserved() =>
        Given(Received(5)).When(s => s.Reserve(A, 0, Term.Owned, Now)).ThenRefused(StockErrors.QuantityNotPositive(0));

    [Fact]
    public void A_shopper_who_tries_again_is_not_blocked_by_their_own_hold() =>
        Given(Received(5), new StockReserved(A, 5, Term.Owned))
            .When(s => s.Reserve(SecondTryOfA, 4, Term.Owned, Now)).Then(new StockReserved(SecondTryOfA, 4, Term.Owned))
            .State.Holds.Sum.ShouldBe(4);

    [Fact]
    public void A_late_release_of_the_first_try_leaves_the_second_trys_hold_alone() =>
        Given(Received(5), new StockReserved(A, 5, Term.Owned), new StockReserved(SecondTryOfA, 4, Term.Owned))
            .When(s => s.Release(A)).State.Holds.Sum.ShouldBe(4);

    [Fact]
    public void A_late_first_try_does_not_take_the_hold_of_the_second() =>
        Given(Received(9), new StockReserved(SecondTryOfA, 4, Term.Owned)).When(s => s.Reserve(A, 5, Term.Owned, Now)).ThenRefused("illegal-transition");

    [Fact]
    public void A_timed_hold_lapses_by_the_clock_whether_or_not_anyone_woke_up()
    {
        var stock = Given(Received(5), new StockReserved(A, 5, Term.Timed(Now))).State;

        stock.Available(Now.AddTicks(-1)).ShouldBe(0);
        stock.Available(Now).ShouldBe(5);
        stock.Reserve(B, 5, Term.Owned, Now).Ok.ShouldBeTrue();
    }

    [Fact]
    public void Lapsed_holds_are_cleared_away() =>
        Given(Received(5), new StockReserved(A, 2, Term.Timed(Now)), new StockReserved(B, 1, Term.Timed(Now.AddSeconds(1))))
            .When(s => s.ClearLapsed(Now)).Then(new HoldsLapsed([A]))
            .State.Holds.Sum.ShouldBe(1);

    [Fact]
    public void A_pin_makes_a_timed_hold_owned() =>
        Given(Received(5), new StockReserved(A, 5, Term.Timed(Now))).When(s => s.Pin(A, 5, Now.AddSeconds(-1))).Then(new StockPinned(A, 5))
            .State.Available(Now.AddDays(1)).ShouldBe(0);

    [Fact]
    public void A_pin_takes_a_lapsed_hold_again_if_the_goods_are_there() =>
        Given(Received(5), new StockReserved(A, 5, Term.Timed(Now))).When(s => s.Pin(A, 5, Now)).Then(new StockPinned(A, 5));

    [Fact]
    public void A_pin_fails_when_the_lapsed_goods_are_gone() =>
        Given(Received(5), new StockReserved(A, 5, Term.Timed(Now)), new StockReserved(B, 1, Term.Owned)).When(s => s.Pin(A, 5, Now)).Then(new StockReleased(A, 5))
            .State.WhyNotOwned(A, 5, Now)!.Message.ShouldBe(StockErrors.OutOfStock(5, 4).Message);

    [Fact]
    public void Pinning_what_is_owned_is_recorded_and_changes_nothing() =>
        Given(Received(5), new StockReserved(A, 5, Term.Owned)).When(s => s.Pin(A, 5, Now)).Then(new StockPinned(A, 5)).State.Available(Now).ShouldBe(0);

    [Fact]
    public void A_pin_its_refusal_and_the_release_of_its_hold_are_one_command_so_that_a_late_pin_finds_any_of_them()
    {
        var (timed, lapsed) = (Given(Received(5), new StockReserved(A, 5, Term.Timed(Now.AddMinutes(1)))), Given(Received(5), new StockReserved(A, 5, Term.Timed(Now)), new StockReserved(B, 1, Term.Owned)));
        CommandKey[] commands =
        [
            timed.When(s => s.Pin(A, 5, Now)).Answer.Value.Command, lapsed.When(s => s.Pin(A, 5, Now)).Answer.Value.Command,
            timed.When(s => s.ClosePin(A)).Then(new StockReleased(A, 5)).Answer.Value.Command, Given(Received(5)).When(s => s.ClosePin(A)).Then(new StockReleased(A, 0)).Answer.Value.Command,
        ];

        commands.Distinct().ShouldHaveSingleItem().Id.ShouldBe($"pin:{A}");
    }

    [Fact]
    public void Releasing_what_was_never_reserved_records_the_cancellation_under_the_reservations_own_command()
    {
        var release = Given(Received(5)).When(s => s.Release(A)).Then(new StockReleased(A, 0));
        var reserve = Given(Received(5)).When(s => s.Reserve(A, 1, Term.Owned, Now));

        release.Answer.Value.Command.ShouldBe(reserve.Answer.Value.Command);
    }

    [Fact]
    public void A_commit_takes_the_goods_out_of_on_hand() =>
        Given(Received(5), new StockReserved(A, 3, Term.Owned)).When(s => s.Commit([A], Now)).Then(new StockCommitted(A, 3)).State.OnHand.ShouldBe(2);

    [Fact]
    public void Holds_are_committed_together_each_once() =>
        Given(Received(9), new StockReserved(A, 3, Term.Owned), new StockReserved(B, 2, Term.Owned), new StockReserved(C, 1, Term.Timed(Now.AddMinutes(1))))
            .When(s => s.Commit([A, B, A, C], null)).Then(new StockCommitted(A, 3), new StockCommitted(B, 2)).State.OnHand.ShouldBe(4);

    [Fact]
    public void Who_holds_nothing_any_more_has_been_committed() =>
        Given(Received(5), new StockReserved(A, 3, Term.Owned), new StockCommitted(A, 3)).When(s => s.Commit([A], Now)).Then().State.OnHand.ShouldBe(2);

    [Fact]
    public void Only_an_owned_hold_is_committed() =>
        Given(Received(5), new StockReserved(A, 3, Term.Timed(Now.AddMinutes(1)))).When(s => s.Commit([A], Now)).Then();

    [Fact]
    public void Returned_goods_are_on_hand_again() =>
        Given(Received(5), new StockReserved(A, 3, Term.Owned), new StockCommitted(A, 3)).When(s => s.Return(A, "r1", 2, Now)).State.OnHand.ShouldBe(4);

    [Fact]
    public void A_loss_never_breaks_a_live_hold() =>
        Given(Received(5), new StockReserved(A, 3, Term.Owned)).When(s => s.Adjust(-3, "broken", null, Now)).ThenRefused("out-of-stock");

    [Theory]
    [InlineData(0)]
    [InlineData(StockErrors.MaxDelta + 1)]
    [InlineData(-StockErrors.MaxDelta - 1)]
    [InlineData(int.MinValue)]
    public void An_adjustment_out_of_bounds_is_refused(int delta) =>
        Given(Received(5)).When(s => s.Adjust(delta, "why", null, Now)).ThenRefused("validation-failed");

    [Fact]
    public void An_adjustment_says_why() => Given().When(s => s.Adjust(1, " ", null, Now)).ThenRefused("validation-failed");

    private abstract record Ask;
    private sealed record AskReserve(int Cart, int Attempt, int Quantity, int? Seconds) : Ask;
    private sealed record AskPin(int Cart, int Attempt, int Quantity) : Ask;
    private sealed record AskRelease(int Cart, int Attempt) : Ask;
    private sealed record AskCommit(int Cart, int Attempt) : Ask;
    private sealed record AskAdjust(int Delta) : Ask;
    private sealed record AskWait(int Seconds) : Ask;

    private static readonly Gen<Ask> AnyAsk = Gen.OneOf(
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 2], Gen.Int[-2, 12], Gen.Int[0, 9]).Select((c, a, q, s) => (Ask)new AskReserve(c, a, q, s > 5 ? s : null)),
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 2], Gen.Int[1, 12]).Select((c, a, q) => (Ask)new AskPin(c, a, q)),
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 2]).Select((c, a) => (Ask)new AskRelease(c, a)),
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 2]).Select((c, a) => (Ask)new AskCommit(c, a)),
        Gen.Int[-20, 20].Select(d => (Ask)new AskAdjust(d)),
        Gen.Int[1, 9].Select(s => (Ask)new AskWait(s)));

    [Fact]
    public void No_sequence_of_commands_ever_oversells() => AnyAsk.Array[0, 60].Sample(asks =>
    {
        var (stock, now, ledger) = (Stock.Empty, Now, 0);
        foreach (var ask in asks)
        {
            if (ask is AskWait wait) now += TimeSpan.FromSeconds(wait.Seconds);
            var decided = Decide(stock, ask, now);
            if (!decided.Ok) continue;
            foreach (var e in decided.Value.Items)
            {
                stock = stock.Evolve(e);
                ledger += e switch { StockAdjusted x => x.Delta, StockCommitted x => -x.Quantity, StockReturned x => x.Quantity, _ => 0 };
            }

            stock.Holds.Sum.ShouldBe(stock.Holds.All.Sum(hold => hold.Quantity));
            var live = stock.Holds.All.Where(hold => hold.LiveAt(now)).Sum(hold => hold.Quantity);
            stock.Holds.LiveAt(now).ShouldBe(live);
            live.ShouldBeInRange(0, stock.OnHand);
            stock.OnHand.ShouldBe(ledger);
        }
    });

    private static Result<Events<StockEvent>> Decide(Stock stock, Ask ask, DateTimeOffset now) => ask switch
    {
        AskReserve x => stock.Reserve(Order(x.Cart, x.Attempt), x.Quantity, x.Seconds is { } s ? Term.Timed(now.AddSeconds(s)) : Term.Owned, now),
        AskPin x => stock.Pin(Order(x.Cart, x.Attempt), x.Quantity, now),
        AskRelease x => stock.Release(Order(x.Cart, x.Attempt)),
        AskCommit x => stock.Commit([Order(x.Cart, x.Attempt)], now),
        AskAdjust x => stock.Adjust(x.Delta, "why", null, now),
        _ => stock.ClearLapsed(now),
    };

    private static OrderId Order(int cart, int attempt) => OrderId.Derive(new($"cart-{cart}"), attempt);

    [Fact]
    public void A_snapshot_reads_back_as_it_was()
    {
        var stock = Given(Received(9), new StockReserved(A, 3, Term.Owned), new StockReserved(B, 1, Term.Timed(Now))).State;

        var json = System.Text.Json.JsonSerializer.Serialize(stock, Feeds.EventTypes.Json);
        var back = System.Text.Json.JsonSerializer.Deserialize<Stock>(json, Feeds.EventTypes.Json)!;

        (back.OnHand, back.Available(Now.AddTicks(-1)), back.Available(Now), back.Holds.NextExpiry).ShouldBe((9, 5, 6, Now));
    }

    [Fact]
    public void Goods_are_taken_again_once_for_an_order_paid_late()
    {
        var released = Given(Received(5), new StockReserved(A, 3, Term.Owned), new StockReleased(A, 3));

        released.When(s => s.Retake(A, 3, Now)).Then(new StockPinned(A, 3, Again: true)).Answer.Value.Command.Id.ShouldBe($"retake:{A}");
        // A refusal is final: what was refused once is not taken by the same request that comes late.
        released.When(s => s.Retake(A, 6, Now)).Then(new StockReleased(A, 0)).Answer.Value.Command.Id.ShouldBe($"retake:{A}");
        released.State.WhyNotOwned(A, 6, Now)!.Message.ShouldBe(StockErrors.OutOfStock(6, 5).Message);
    }

    [Fact]
    public void What_was_taken_again_is_not_ended_by_a_release_from_before_but_forgone()
    {
        var again = Given(Received(5), new StockReserved(A, 3, Term.Owned), new StockReleased(A, 3), new StockPinned(A, 3, Again: true));

        again.When(s => s.Release(A)).Then(new StockReleased(A, 0)).State.Holds.Of(A).ShouldNotBeNull();
        again.When(s => s.ClosePin(A)).Then(new StockReleased(A, 0)).State.Holds.Of(A).ShouldNotBeNull();
        again.When(s => s.CloseRetake(A)).Then(new StockReleased(A, 3)).Answer.Value.Command.Id.ShouldBe($"retake:{A}");
        again.When(s => s.Release(A, again: true)).Then(new StockReleased(A, 3)).State.Holds.Sum.ShouldBe(0);
    }

    [Fact]
    public void A_first_try_takes_nothing_from_the_live_hold_of_a_later_one()
    {
        var second = Given(Received(9), new StockReserved(SecondTryOfA, 4, Term.Timed(Now.AddMinutes(1))));

        second.When(s => s.Retake(A, 3, Now)).Then(new StockReleased(A, 0)).State.Holds.Of(SecondTryOfA).ShouldNotBeNull();
        second.When(s => s.Pin(A, 3, Now)).Then(new StockReleased(A, 0)).State.Holds.Of(SecondTryOfA).ShouldNotBeNull();
        second.State.WhyNotOwned(A, 3, Now)!.Code.ShouldBe("cart-frozen");
        second.When(s => s.Retake(A, 3, Now.AddMinutes(1))).Then(new StockPinned(A, 3, Again: true));
    }
}
