using Commerce.Kernel;
using Commerce.Kit;
using Commerce.Payments;
using static Commerce.Orders.OrderSamples;

namespace Commerce.Orders;

/// <summary>Paying on the provider's own page: one attempt, one page, one operation.</summary>
public sealed class PaymentPageTests() : Specification<Order, OrderEvent>(Order.None, (s, e) => s.Evolve(e))
{
    private const string ReturnTo = "https://shop.test/pay/1", Page = "https://psp.test/p1";

    private static readonly PaymentPageRequested Requested = new(1, First, ReturnTo, Now + Terms.PayBy);
    private static readonly PaymentPageOpened Opened = new(First, Page, Now + Repair.PollOnPage);
    private static readonly PaymentOutcome OnPage = new(OutcomeKind.Unknown, Pounds(0), null, Page);
    private static readonly OrderEvent[] Unpaid = [Placed(token: null), Reserved];
    private static readonly OrderEvent[] UpToPage = [.. Unpaid, Requested, Opened];

    private static Step? Next(Order order, DateTimeOffset at) => order.Next(Terms, at)?.Step;

    [Fact]
    public void A_page_is_asked_for_once_the_goods_are_held_and_closes_with_the_pay_by_time() =>
        Next(Given(Unpaid).When(s => s.PayOnPage(Id, ReturnTo, Now)).Then(Requested).State, Now).ShouldBe(Step.Authorise);

    [Fact]
    public void An_open_page_is_shown_and_nothing_moves_until_the_shopper_does()
    {
        var order = Given([.. Unpaid, Requested]).When(s => s.Answered(First, OnPage, Terms, Now)).Then(Opened).State;

        order.View(Id, 1).PaymentPage.ShouldBe(Page);
        order.Status.ShouldBe(OrderStatus.Authorising);
        order.Moving().ShouldBeFalse();
        Given([.. UpToPage]).When(s => s.Answered(First, OnPage, Terms, Now)).Then();
    }

    [Fact]
    public void A_second_click_finds_the_page_that_is_open() =>
        Given(UpToPage).When(s => s.PayOnPage(Id, "https://shop.test/pay/2", Now)).Then();

    [Fact]
    public void A_token_does_not_pay_beside_an_open_page() => Given(UpToPage).When(s => s.Pay(Id, "tok", Now)).ThenRefused("illegal-transition");

    [Fact]
    public void Paid_on_the_page_confirms() => Given(UpToPage).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then(Confirmed());

    [Fact]
    public void Declined_on_the_page_leaves_room_for_another_attempt() =>
        Given([.. UpToPage, new PaymentDeclined(First, "funds")]).When(s => s.PayOnPage(Id, ReturnTo, Now)).Then(Requested with { Attempt = 2, Operation = Second });

    [Fact]
    public void A_provider_that_does_not_say_where_its_page_is_is_asked_again()
    {
        var uncertain = new PaymentUncertain(First, Now);

        Given([.. Unpaid, Requested]).When(s => s.Answered(First, Unknown, Terms, Now)).Then(uncertain);
        Given([.. Unpaid, Requested, uncertain]).When(s => s.PayOnPage(Id, ReturnTo, Now)).Then();
        Given([.. Unpaid, Requested, uncertain]).When(s => s.Answered(First, OnPage, Terms, Now)).Then(Opened).State.Status.ShouldBe(OrderStatus.Authorising);
    }

    [Fact]
    public void A_page_that_was_left_is_given_up_when_it_closes_and_the_order_expires()
    {
        var order = Given(UpToPage);

        Next(order.State, Now + Terms.PayBy - TimeSpan.FromSeconds(1)).ShouldBe(Step.Authorise);
        Next(order.State, Now + Terms.PayBy).ShouldBe(Step.GiveUpAuthorising);
        var given = order.When(s => s.GiveUpAuthorising(Terms, Now + Terms.PayBy)).Then(new PaymentGivenUp(First, Now + Terms.PayBy)).After;
        Next(given.State, Now + Terms.PayBy).ShouldBe(Step.VoidPayment);
        given.When(s => s.PayOnPage(Id, ReturnTo, Now)).ThenRefused("illegal-transition");
        given.When(s => s.Voided($"{Id}/void")).Then(new OrderPaymentVoided($"{Id}/void"), new OrderExpired("pay-by"));
    }

    [Fact]
    public void A_page_is_looked_at_every_half_minute_and_to_the_second_when_it_closes()
    {
        var (order, look) = (Given(UpToPage), Now + Repair.PollOnPage);

        order.State.DueAt(Terms, Now).ShouldBe(look);
        order.State.Next(Terms, Now).ShouldBeNull();
        order.When(s => s.Answered(First, OnPage, Terms, Now)).Then();
        order.When(s => s.Answered(First, OnPage, Terms, look)).Then(new StepUnanswered($"Authorise {First}", 1, look, look + Repair.PollOnPage));
        order.State.DueAt(Terms, Now + Terms.PayBy - TimeSpan.FromSeconds(1)).ShouldBe(Now + Terms.PayBy);
    }

    [Fact]
    public void A_payment_said_to_be_declined_that_holds_money_after_all_pays_as_well_as_any() =>
        Given([.. UpToPage, new PaymentDeclined(First, "funds")]).When(s => s.Answered(First, Succeeded(940), Terms, Now)).Then(Confirmed());
}
