using Commerce.Kernel;
using Commerce.Kit;
using static Commerce.Carts.CartSamples;

namespace Commerce.Carts;

/// <summary>From an open cart to its order, and to another cart.</summary>
public sealed class CheckoutTests() : Specification<Cart, CartEvent>(Cart.Unknown, (s, e) => s.Evolve(e))
{
    private static readonly CartEvent[] Ready = [Opened, new LinesPut([BySku(Mug, 2, 2.55m), new("l2", Jar, "Jar", 1, Pounds(1m), true)])];
    private static readonly CartEvent[] Frozen = [.. Ready, FrozenFor(1)];

    [Fact]
    public void Checkout_freezes_the_cart_for_an_order_derived_from_it() =>
        Given(Ready).When(s => s.Freeze(Id, "k1", s.Lines.QuoteHash(Currency.GBP), Prices((Mug, 2.55m), (Jar, 4m)), Now))
            .Then(new CartFrozen(OrderId.Derive(Id, 1), "k1", Now))
            .State.Checkout("k1").Order.ShouldBe(Attempt(1));

    [Fact]
    public void A_second_key_finds_the_live_order()
    {
        Given(Frozen).When(s => s.Freeze(Id, "k2", null, None, Now)).Then(new CartFrozen(Attempt(1), "k2", Now)).State.Checkout("k2").Order.ShouldBe(Attempt(1));
        Given([.. Frozen, new CartOrdered(Attempt(1))]).When(s => s.Freeze(Id, "k2", null, None, Now)).Then().State.Checkout("k2").Order.ShouldBe(Attempt(1));
    }

    [Fact]
    public void A_key_that_joined_an_order_finds_it_again_when_that_came_to_nothing()
    {
        var joined = new CartFrozen(Attempt(1), "k2", Now);
        Given(Frozen).When(s => s.Freeze(Id, "k2", null, None, Now.AddMinutes(1))).Then(joined).After.When(s => s.Freeze(Id, "k2", null, None, Now)).Then();
        Given([.. Frozen, joined, new CartThawed(Attempt(1))]).When(s => s.Freeze(Id, "k2", null, None, Now)).Then().State.Checkout("k2").Order.ShouldBe(Attempt(1));
        Given([.. Frozen, joined, new CartThawed(Attempt(1), Abandoned: true)]).When(s => s.Freeze(Id, "k2", null, None, Now)).Then(FrozenFor(2));
    }

    [Fact]
    public void The_same_key_finds_its_order_even_when_that_came_to_nothing_and_another_is_live()
    {
        CartEvent[] thawed = [.. Frozen, new CartThawed(Attempt(1))];
        Given(thawed).When(s => s.Freeze(Id, "k1", "stale", None, Now)).Then().State.Checkout("k1").Order.ShouldBe(Attempt(1));
        Given([.. thawed, FrozenFor(2)]).When(s => s.Freeze(Id, "k1", null, None, Now)).Then().State.Checkout("k1").Order.ShouldBe(Attempt(1));
    }

    [Fact]
    public void Another_key_after_an_order_that_came_to_nothing_makes_the_next_one() =>
        Given([.. Frozen, new CartThawed(Attempt(1))]).When(s => s.Freeze(Id, "k2", null, None, Now)).Then(FrozenFor(2));

    [Fact]
    public void A_key_whose_order_was_never_placed_is_free_again_but_its_order_id_is_not() =>
        Given([.. Frozen, new CartThawed(Attempt(1), Abandoned: true)]).When(s => s.Freeze(Id, "k1", null, None, Now)).Then(new CartFrozen(Attempt(2), "k1", Now));

    [Fact]
    public void An_empty_cart_is_not_checked_out() => Given(Opened).When(s => s.Freeze(Id, "k1", null, None, Now)).ThenRefused(CartErrors.Empty);

    [Fact]
    public void A_price_that_has_changed_since_is_shown_before_payment() =>
        Given(Ready).When(s => s.Freeze(Id, "k1", s.Lines.QuoteHash(Currency.GBP), Prices((Mug, 2.75m)), Now))
            .ThenRefused("quote-changed").Answer.Refusal!.Details.ShouldHaveSingleItem().Pointer.ShouldBe("/lines/0");

    [Fact]
    public void A_hash_of_other_lines_is_refused() =>
        Given(Ready).When(s => s.Freeze(Id, "k1", "another", Prices((Mug, 2.55m)), Now)).ThenRefused(CartErrors.QuoteOutdated);

    [Fact]
    public void An_importers_price_is_not_compared_with_the_catalogue() =>
        Given(Ready).When(s => s.Freeze(Id, "k1", null, Prices((Jar, 4m)), Now)).Then(FrozenFor(1));

    [Fact]
    public void A_frozen_or_ordered_cart_refuses_every_change()
    {
        foreach (var (cart, refusal) in new[] { (Given(Frozen), CartErrors.Frozen), (Given([.. Frozen, new CartOrdered(Attempt(1))]), CartErrors.Ordered) })
        {
            cart.When(s => s.Add([New(Mug, 1, 2.55m)])).ThenRefused(refusal);
            cart.When(s => s.SetQuantity("85123A", 1, null, 0)).ThenRefused(refusal);
            cart.When(s => s.Remove("85123A", null, 0)).ThenRefused(refusal);
            cart.When(s => s.Merge(Id, Other, Holding())).ThenRefused(refusal);
            cart.When(s => s.GiveUp(Id, Other)).ThenRefused(refusal);
            cart.When(s => s.Delete(null, 0)).ThenRefused(refusal);
        }
    }

    [Fact]
    public void Its_order_lets_it_go_or_makes_it_ordered_once()
    {
        Given(Frozen).When(s => s.Thaw(Attempt(1))).Then(new CartThawed(Attempt(1))).After.When(s => s.Thaw(Attempt(1))).Then();
        Given(Frozen).When(s => s.Ordered(Attempt(1))).Then(new CartOrdered(Attempt(1))).After.When(s => s.Ordered(Attempt(1))).Then();
        Given(Frozen).When(s => s.Abandon(Attempt(1))).Then(new CartThawed(Attempt(1), Abandoned: true));
        Given([.. Frozen, new CartOrdered(Attempt(1))]).When(s => s.Thaw(Attempt(1))).Then();
    }

    [Fact]
    public void Word_of_another_order_changes_nothing()
    {
        CartEvent[] second = [.. Frozen, new CartThawed(Attempt(1)), FrozenFor(2)];
        Given(second).When(s => s.Thaw(Attempt(1))).Then();
        Given(second).When(s => s.Ordered(Attempt(1))).Then();
        Given(Ready).When(s => s.Thaw(Attempt(1))).Then();
        Given().When(s => s.Thaw(Attempt(1))).ThenRefused(CartErrors.NotFound);
    }

    [Fact]
    public void An_open_cart_is_deleted_or_expires_once()
    {
        Given(Ready).When(s => s.Delete(null, 0)).Then(new CartClosed("deleted")).After.When(s => s.Delete(null, 0)).Then();
        Given(Ready).When(s => s.Expire()).Then(new CartClosed("expired"));
        Given().When(s => s.Delete(null, 0)).ThenRefused(CartErrors.NotFound);
    }

    [Fact]
    public void Merging_adds_up_lines_of_one_sku_at_the_price_shown_here_and_keeps_lines_of_their_own() =>
        Given(Ready).When(s => s.Merge(Id, Other, Holding(BySku(Mug, 3, 2.45m), new("l2", Mug, "Mug", 1, Pounds(9m), true), new("gift", Jar, "Jar", 1, Pounds(4m)))))
            .Then(new CartMerged(Family(Other), [BySku(Mug, 5, 2.55m), new("l3", Mug, "Mug", 1, Pounds(9m), true), new("gift", Jar, "Jar", 1, Pounds(4m))]));

    [Fact]
    public void A_cart_is_poured_in_once() =>
        Given([.. Ready, new CartMerged(Family(Other), [])]).When(s => s.Merge(Id, Other, Holding(BySku(Mug, 3, 2.55m)))).Then();

    [Fact]
    public void A_cart_is_not_merged_into_itself()
    {
        Given(Ready).When(s => s.Merge(Id, Id, Holding())).ThenRefused(CartErrors.MergeIntoItself);
        Given(Ready).When(s => s.GiveUp(Id, Id)).ThenRefused(CartErrors.MergeIntoItself);
    }

    [Fact]
    public void Carts_of_two_currencies_are_not_merged() =>
        Given(Ready).When(s => s.Merge(Id, Other, Holding() with { Currency = new("EUR") })).ThenRefused("validation-failed");

    [Fact]
    public void A_merge_keeps_the_limits_of_a_cart()
    {
        Given(Ready).When(s => s.Merge(Id, Other, Holding(BySku(Mug, CartErrors.MaxQuantity, 0m)))).ThenRefused("validation-failed");
        Given(Ready).When(s => s.Merge(Id, Other, Holding(BySku(new("GOLD"), 1_000, 10_000_000m)))).ThenRefused(CartErrors.TotalTooHigh);
    }

    [Fact]
    public void A_cart_gives_its_lines_to_one_other_cart_however_often_that_asks()
    {
        var closed = Given(Ready).When(s => s.GiveUp(Id, Other)).Then(new CartClosed("merged", Family(Other))).After;
        closed.When(s => s.GiveUp(Id, Other)).Then().State.View(3).Lines.Length.ShouldBe(2);
        closed.When(s => s.GiveUp(Id, new("cart-3"))).ThenRefused(CartErrors.NotFound);
    }

    [Fact]
    public void A_cart_goes_back_to_an_order_that_was_paid_late_unless_another_has_it()
    {
        CartEvent[] thawed = [.. Frozen, new CartThawed(Attempt(1))];

        Given(thawed).When(s => s.Reclaim(Attempt(1))).Then(new CartOrdered(Attempt(1))).After.When(s => s.Reclaim(Attempt(1))).Then();
        Given([.. thawed, FrozenFor(2)]).When(s => s.Reclaim(Attempt(1))).ThenRefused("cart-frozen");
        Given([.. thawed, FrozenFor(2), new CartThawed(Attempt(2))]).When(s => s.Reclaim(Attempt(1))).ThenRefused("cart-frozen");
        Given([.. thawed, new CartClosed("deleted")]).When(s => s.Reclaim(Attempt(1))).ThenRefused("not-found");
    }
}
