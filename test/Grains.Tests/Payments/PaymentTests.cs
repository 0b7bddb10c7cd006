using Commerce.Kernel;
using Commerce.Kit;
using CsCheck;

namespace Commerce.Payments;

public sealed class PaymentTests() : Specification<Payment, PaymentEvent>(Payment.None, (s, e) => s.Evolve(e))
{
    private static Money Pounds(long minor) => new(minor, Currency.GBP);

    private static OperationRequested Asked(string key, OperationKind kind, long minor, string? token = null) => new(key, kind, Pounds(minor), token);

    private static OperationSucceeded Did(string key, long minor) => new(key, Pounds(minor), "ref", null, null);

    private static ProviderAnswer Yes(long minor) => new(true, Pounds(minor), "ref", Brand: "visa", Last4: "4242");

    private static readonly PaymentEvent[] AuthorisedFor100 = [Asked("a1", OperationKind.Authorise, 100, "tok"), Did("a1", 100)];

    [Fact]
    public void An_operation_is_recorded_before_it_is_attempted() =>
        Given().When(s => s.Authorise("a1", Pounds(100), "tok")).Then(Asked("a1", OperationKind.Authorise, 100, "tok"));

    [Fact]
    public void Repeating_an_operation_asks_for_nothing_new() =>
        Given(AuthorisedFor100).When(s => s.Authorise("a1", Pounds(100), "tok")).Then();

    [Fact]
    public void An_operations_key_stands_for_one_operation() =>
        Given(AuthorisedFor100).When(s => s.Authorise("a1", Pounds(99), "tok")).ThenRefused("illegal-transition");

    [Fact]
    public void There_is_never_a_second_authorisation_while_the_first_is_unknown() =>
        Given(Asked("a1", OperationKind.Authorise, 100, "tok"), new OutcomeUnknown("a1"))
            .When(s => s.Authorise("a2", Pounds(100), "tok")).ThenRefused(PaymentErrors.AuthorisationPending);

    [Fact]
    public void There_is_never_a_second_authorisation_while_the_first_holds_money() =>
        Given(AuthorisedFor100).When(s => s.Authorise("a2", Pounds(100), "tok")).ThenRefused(PaymentErrors.AuthorisationPending);

    [Fact]
    public void A_declined_authorisation_leaves_room_for_another() =>
        Given(Asked("a1", OperationKind.Authorise, 100, "tok"), new OperationDeclined("a1", "funds"))
            .When(s => s.Authorise("a2", Pounds(100), "tok2")).Then(Asked("a2", OperationKind.Authorise, 100, "tok2"));

    private static readonly PageRequest Page = new("https://shop.test/back", new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static readonly PageRequested PageAsked = new("a1", Pounds(100), Page.ReturnTo, Page.Until);

    private static readonly ProviderAnswer OnPage = new(false, Pounds(0), "page", Page: "https://psp.test/a1");

    [Fact]
    public void A_page_of_the_provider_is_one_authorisation_like_any_other()
    {
        Given().When(s => s.AuthoriseOnPage("a1", Pounds(100), Page)).Then(PageAsked);
        Given(PageAsked).When(s => s.AuthoriseOnPage("a1", Pounds(100), Page)).Then();
        Given(PageAsked).When(s => s.AuthoriseOnPage("a1", Pounds(100), Page with { ReturnTo = "https://elsewhere.test" })).ThenRefused("illegal-transition");
        Given(PageAsked).When(s => s.Authorise("a2", Pounds(100), "tok")).ThenRefused(PaymentErrors.AuthorisationPending);
    }

    [Fact]
    public void While_the_shopper_is_on_the_page_nobody_knows()
    {
        var open = Given(PageAsked).When(s => s.Record("a1", OnPage)).Then(new PageOpened("a1", OnPage.Page!)).State;

        open.Outcome("a1").ShouldBe(new PaymentOutcome(OutcomeKind.Unknown, Pounds(0), null, OnPage.Page));
        Given(PageAsked, new PageOpened("a1", OnPage.Page!)).When(s => s.Record("a1", OnPage)).Then();
        Given(PageAsked, new PageOpened("a1", OnPage.Page!)).When(s => s.Record("a1", Yes(100))).Then(new OperationSucceeded("a1", Pounds(100), "ref", "visa", "4242"));
    }

    [Fact]
    public void Money_that_is_held_after_all_is_never_overlooked() =>
        Given(Asked("a1", OperationKind.Authorise, 100, "tok"), new OperationDeclined("a1", "cancelled"))
            .When(s => s.Record("a1", Yes(100))).Then(new OperationSucceeded("a1", Pounds(100), "ref", "visa", "4242")).State.Authorised.ShouldBe(100);

    [Fact]
    public void No_more_is_captured_than_is_authorised() =>
        Given([.. AuthorisedFor100, Asked("s1", OperationKind.Capture, 60), Did("s1", 60)])
            .When(s => s.Capture("s2", Pounds(41))).ThenRefused(PaymentErrors.AmountTooHigh(Pounds(41), Pounds(40)));

    [Fact]
    public void A_capture_nobody_knows_of_counts_as_if_it_had_happened() =>
        Given([.. AuthorisedFor100, Asked("s1", OperationKind.Capture, 60)]).When(s => s.Capture("s2", Pounds(41))).ThenRefused("illegal-transition");

    [Fact]
    public void What_cannot_be_left_whatever_nobody_knows_of_comes_to_is_spent()
    {
        PaymentEvent[] captured = [.. AuthorisedFor100, Asked("s1", OperationKind.Capture, 60), Did("s1", 60)], unknown = captured[..^1];
        PaymentEvent[] refunded = [.. captured, Asked("s1/back", OperationKind.Refund, 60), Did("s1/back", 60)];

        foreach (var payment in (PaymentEvent[][])[captured, refunded])
        {
            Given(payment).State.Spent("s2", Pounds(41)).ShouldBe(new PaymentOutcome(OutcomeKind.Declined, Pounds(0), "authorisation-spent"));
            Given(payment).State.Spent("s2", Pounds(40)).ShouldBeNull();
            Given(payment).State.Spent("s1", Pounds(60)).ShouldBeNull();
        }

        Given(unknown).State.Spent("s2", Pounds(41)).ShouldBeNull();
        Given(unknown).State.Spent("s2", Pounds(101)).ShouldNotBeNull();
    }

    [Fact]
    public void No_more_is_refunded_than_is_captured() =>
        Given([.. AuthorisedFor100, Asked("s1", OperationKind.Capture, 60), Did("s1", 60)])
            .When(s => s.Refund("r1", Pounds(61))).ThenRefused(PaymentErrors.AmountTooHigh(Pounds(61), Pounds(60)));

    [Fact]
    public void Nothing_is_refunded_before_anything_is_captured() =>
        Given(AuthorisedFor100).When(s => s.Refund("r1", Pounds(1))).ThenRefused("illegal-transition");

    [Fact]
    public void A_void_lets_go_of_what_is_not_captured() =>
        Given([.. AuthorisedFor100, Asked("s1", OperationKind.Capture, 60), Did("s1", 60)]).When(s => s.Void("v")).Then(Asked("v", OperationKind.Void, 40));

    [Fact]
    public void A_void_that_found_nothing_settles_the_authorisation_nobody_knew_of() =>
        Given(Asked("a1", OperationKind.Authorise, 100, "tok"), Asked("v", OperationKind.Void, 0))
            .When(s => s.Record("v", Yes(0))).State.Outcome("a1").ShouldBe(new PaymentOutcome(OutcomeKind.Declined, Pounds(0), "cancelled"));

    [Fact]
    public void A_void_that_found_money_shows_that_it_had_been_authorised()
    {
        var payment = Given(Asked("a1", OperationKind.Authorise, 100, "tok"), Asked("v", OperationKind.Void, 0)).When(s => s.Record("v", Yes(100))).State;

        (payment.Authorised, payment.Voided).ShouldBe((100, 100));
    }

    [Fact]
    public void The_first_answer_counts() => Given(AuthorisedFor100).When(s => s.Record("a1", new ProviderAnswer(false, Pounds(0), "ref", "funds"))).Then();

    [Fact]
    public void A_missing_answer_is_recorded_once() =>
        Given(Asked("a1", OperationKind.Authorise, 100, "tok")).When(s => s.Miss("a1")).Then(new OutcomeUnknown("a1")).After.When(s => s.Miss("a1")).Then();

    [Fact]
    public void Money_stays_in_order_whatever_is_asked_and_answered() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 5], Gen.Int[-10, 120], Gen.Int[0, 4]).Array[0, 60].Sample(asks =>
        {
            var payment = Payment.None;
            foreach (var (kind, key, minor, answer) in asks)
            {
                var operation = $"{(OperationKind)kind}-{key}";
                payment = Fold(payment, (OperationKind)kind switch
                {
                    OperationKind.Authorise => payment.Authorise(operation, Pounds(100), "tok"),
                    OperationKind.Capture => payment.Capture(operation, Pounds(minor)),
                    OperationKind.Refund => payment.Refund(operation, Pounds(minor)),
                    _ => payment.Void(operation),
                });
                // Authorised after it was declined; what came beside another goes back some time.
                if (answer == 4 && payment.Find(operation) is { Kind: OperationKind.Authorise, Outcome: OutcomeKind.Declined }) payment = Fold(payment, payment.Record(operation, Yes(100)));
                if (minor > 100 && payment.LettingGo is { } second) payment = Fold(payment, payment.Record(second.Key, Yes(100)));
                payment.Charges.ShouldBeLessThanOrEqualTo(1);
                if (payment.Find(operation) is not { Outcome: OutcomeKind.Unknown } asked) continue;
                payment = Fold(payment, answer switch
                {
                    0 => payment.Record(operation, Yes(asked.Amount.Minor)),
                    1 => payment.Record(operation, new ProviderAnswer(false, Pounds(0), "ref", "no")),
                    2 => payment.Miss(operation),
                    _ => Events<PaymentEvent>.None,
                });
                payment.Refunded.ShouldBeLessThanOrEqualTo(payment.Captured);
                payment.Captured.ShouldBeLessThanOrEqualTo(payment.Authorised - payment.Voided);
                (payment.Authorised - payment.Voided).ShouldBeLessThanOrEqualTo(100 + payment.Operations.Where(o => o is { Kind: OperationKind.Void, Outcome: OutcomeKind.Unknown }).Sum(o => o.Amount.Minor));
            }
        });

    private static Payment Fold(Payment payment, Result<Events<PaymentEvent>> decided) =>
        decided.Ok ? decided.Value.Items.Aggregate(payment, (s, e) => s.Evolve(e)) : payment;

    [Fact]
    public void A_payment_given_up_before_anything_was_asked_is_closed_for_good()
    {
        var closed = Given().When(s => s.Void("v")).Then(new PaymentClosed("v")).After;

        closed.When(s => s.Void("v")).Then();
        closed.When(s => s.Authorise("a1", Pounds(100), "tok")).ThenRefused(PaymentErrors.Closed);
    }

    [Fact]
    public void What_was_all_captured_leaves_nothing_to_void() =>
        Given([.. AuthorisedFor100, Asked("s1", OperationKind.Capture, 100), Did("s1", 100)]).When(s => s.Void("v")).Then(new PaymentClosed("v"));

    [Fact]
    public void An_authorisation_that_comes_after_its_void_is_money_all_the_same()
    {
        var late = Given(Asked("a1", OperationKind.Authorise, 100, "tok"), Asked("v", OperationKind.Void, 0), Did("v", 0));
        late.State.Live("a1").Kind.ShouldBe(OutcomeKind.Declined);

        var live = late.When(s => s.Record("a1", Yes(100))).Then(new OperationSucceeded("a1", Pounds(100), "ref", "visa", "4242")).After;
        live.State.Live("a1").Kind.ShouldBe(OutcomeKind.Succeeded);

        var gone = live.When(s => s.Void("v2")).Then(Asked("v2", OperationKind.Void, 100)).After.When(s => s.Record("v2", new(true, Pounds(100), "ref")));
        gone.State.Live("a1").Kind.ShouldBe(OutcomeKind.Declined);
    }

    [Fact]
    public void An_operation_builds_on_the_authorisation_before_it_whatever_became_of_that() =>
        Given(Asked("a1", OperationKind.Authorise, 100, "tok"), Asked("v", OperationKind.Void, 0), new OperationDeclined("a1", "funds")).State.Base("v")!.Key.ShouldBe("a1");

    private static readonly PaymentEvent[] DeclinedOnce = [Asked("a1", OperationKind.Authorise, 100, "tok"), new OperationDeclined("a1", "funds"), Asked("a2", OperationKind.Authorise, 100, "tok2")];

    [Fact]
    public void Money_that_comes_beside_another_authorisation_is_let_go_of_and_that_one_stays()
    {
        var both = Given([.. DeclinedOnce, Did("a2", 100)]).When(s => s.Record("a1", Yes(100)))
            .Then(new OperationSucceeded("a1", Pounds(100), "ref", "visa", "4242"), Asked("a1/void", OperationKind.Void, 100) with { Authorisation = "a1" }).After;
        var one = both.When(s => s.Record("a1/void", Yes(100))).After;

        (one.State.Live("a1").Kind, one.State.Live("a2").Kind, one.State.Authorisation!.Key).ShouldBe((OutcomeKind.Declined, OutcomeKind.Succeeded, "a2"));
        both.When(s => s.Capture("s1", Pounds(100))).Then(Asked("s1", OperationKind.Capture, 100)).State.Base("s1")!.Key.ShouldBe("a2");
        one.When(s => s.Void("v")).Then(Asked("v", OperationKind.Void, 100)).State.Base("v")!.Key.ShouldBe("a2");
        one.When(s => s.Record("a1", Yes(100))).Then();
    }

    [Fact]
    public void Money_that_comes_while_another_attempt_is_under_way_is_let_go_of_and_says_nothing_of_that()
    {
        var gone = Given(DeclinedOnce).When(s => s.Record("a1", Yes(100))).After.When(s => s.Record("a1/void", Yes(100))).After;

        gone.State.Outcome("a2").Kind.ShouldBe(OutcomeKind.Unknown);
        gone.When(s => s.Void("v")).Then(Asked("v", OperationKind.Void, 0)).After.When(s => s.Record("v", Yes(0))).State.Outcome("a2").Kind.ShouldBe(OutcomeKind.Declined);
    }

    [Fact]
    public void Money_that_comes_while_the_others_void_is_under_way_is_let_go_of_for_that_one_may_stay()
    {
        var both = Given([.. DeclinedOnce, Did("a2", 100), Asked("v", OperationKind.Void, 100)]).When(s => s.Record("a1", Yes(100)))
            .Then(new OperationSucceeded("a1", Pounds(100), "ref", "visa", "4242"), Asked("a1/void", OperationKind.Void, 100) with { Authorisation = "a1" }).After;
        var kept = both.When(s => s.Record("a1/void", Yes(100))).After.When(s => s.Record("v", new(false, Pounds(0), "ref", "no"))).After;

        (kept.State.Holding!.Key, kept.State.Charges).ShouldBe(("a2", 1));
        kept.When(s => s.Void("v-2")).Then(Asked("v-2", OperationKind.Void, 100));
    }

    [Fact]
    public void After_its_void_nothing_is_authorised_whichever_attempt_that_was_of()
    {
        Given([.. AuthorisedFor100, Asked("v", OperationKind.Void, 100), Did("v", 100)]).When(s => s.Authorise("a2", Pounds(100), "tok")).ThenRefused(PaymentErrors.Closed);
        // A second one that was let go of ends nothing.
        Given([.. DeclinedOnce, new OperationDeclined("a2", "funds"), Did("a1", 100), Asked("a2/void", OperationKind.Void, 100), Did("a2/void", 100), Asked("v1", OperationKind.Capture, 100)]).State.Closed.ShouldBeFalse();
    }

    [Fact]
    public void A_void_is_of_the_attempt_nobody_knows_of_before_one_that_the_provider_would_not_let_go_of()
    {
        var kept = Given(DeclinedOnce).When(s => s.Record("a1", Yes(100))).After.When(s => s.Record("a1/void", new(false, Pounds(0), "ref", "no"))).After;

        var first = kept.When(s => s.Void("v")).Then(Asked("v", OperationKind.Void, 0)).After.When(s => s.Record("v", Yes(0))).After;
        first.State.Holding!.Key.ShouldBe("a1");
        first.When(s => s.Void("v-2")).Then(Asked("v-2", OperationKind.Void, 100) with { Authorisation = "a1" });
    }

    [Fact]
    public void What_builds_on_an_earlier_attempt_names_it()
    {
        var paid = Given([.. DeclinedOnce, new OperationDeclined("a2", "funds")]).When(s => s.Record("a1", Yes(100))).Then(new OperationSucceeded("a1", Pounds(100), "ref", "visa", "4242")).After;

        paid.When(s => s.Capture("s1", Pounds(40))).Then(Asked("s1", OperationKind.Capture, 40) with { Authorisation = "a1" }).State.Base("s1")!.Key.ShouldBe("a1");
        paid.When(s => s.Void("v")).Then(Asked("v", OperationKind.Void, 100) with { Authorisation = "a1" });
        paid.When(s => s.Authorise("a3", Pounds(100), "tok3")).ThenRefused(PaymentErrors.AuthorisationPending);
    }

    [Fact]
    public void What_the_bank_took_back_is_recorded_once_and_is_no_operation_of_ours()
    {
        var taken = Given(Asked("a1", OperationKind.Authorise, 100, "tok"), Did("a1", 100), Asked("c1", OperationKind.Capture, 100), Did("c1", 100));
        var back = taken.When(s => s.ChargeBack("c1/charge-back-1", Yes(70))).Then(new ChargedBack("c1/charge-back-1", Pounds(70), "ref")).After;

        (back.State.ChargedBack, back.State.Captured, back.State.Refunded).ShouldBe((70, 100, 0));
        back.When(s => s.ChargeBack("c1/charge-back-1", Yes(70))).Then();
        taken.When(s => s.ChargeBack("c1/charge-back-1", new ProviderAnswer(false, Pounds(0), "ref", "no"))).Then();
        taken.When(s => s.ChargeBack("c1", Yes(70))).Then();
    }
}
