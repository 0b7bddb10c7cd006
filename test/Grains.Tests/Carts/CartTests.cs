using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Kit;
using static Commerce.Carts.CartSamples;

namespace Commerce.Carts;

public sealed class CartTests() : Specification<Cart, CartEvent>(Cart.Unknown, (s, e) => s.Evolve(e))
{
    private static readonly LinesPut TwoMugs = new([BySku(Mug, 2, 2.55m)]);

    [Fact]
    public void A_cart_is_opened_once()
    {
        Given().When(s => s.Open(Currency.GBP, Ann)).Then(new CartOpened(Currency.GBP, Ann));
        Given(new CartOpened(Currency.GBP, Ann)).When(s => s.Open(Currency.GBP, Ann)).Then();
        Given(new CartOpened(Currency.GBP, Ann)).When(s => s.Open(new("EUR"), Ann)).ThenRefused("illegal-transition");
        Given(new CartOpened(Currency.GBP, Ann)).When(s => s.Open(Currency.GBP, null)).ThenRefused("illegal-transition");
    }

    [Fact]
    public void A_line_without_an_id_adds_to_the_line_of_its_sku() =>
        Given(Opened, TwoMugs).When(s => s.Add([New(Mug, 3, 2.55m)])).Then(new LinesPut([BySku(Mug, 5, 2.55m)]));

    [Fact]
    public void It_brings_the_catalogues_present_price_along() =>
        Given(Opened, TwoMugs).When(s => s.Add([New(Mug, 1, 2.75m)])).Then(new LinesPut([BySku(Mug, 3, 2.75m)]));

    [Fact]
    public void Two_lines_of_one_sku_in_one_request_become_one() =>
        Given(Opened).When(s => s.Add([New(Mug, 1, 2.55m), New(Jar, 1, 4m), New(Mug, 2, 2.55m)]))
            .Then(new LinesPut([BySku(Mug, 3, 2.55m), BySku(Jar, 1, 4m)]));

    [Fact]
    public void A_line_with_an_id_is_a_line_of_its_own() =>
        Given(Opened, TwoMugs).When(s => s.Add([New(Mug, 1, 2.55m, "gift")])).Then(new LinesPut([new("gift", Mug, "Mug", 1, Pounds(2.55m))]));

    [Fact]
    public void The_same_line_again_changes_nothing_even_at_a_new_price_and_in_a_frozen_cart()
    {
        CartEvent[] happened = [Opened, new LinesPut([new("gift", Mug, "Mug", 1, Pounds(2.55m))])];
        Given(happened).When(s => s.Add([New(Mug, 1, 2.75m, "gift")])).Then();
        Given([.. happened, FrozenFor(1)]).When(s => s.Add([New(Mug, 1, 2.55m, "gift")])).Then();
    }

    [Theory, InlineData(2, "85123A"), InlineData(1, "20725")]
    public void The_same_line_id_with_another_content_is_refused(int quantity, string sku) =>
        Given(Opened, new LinesPut([new("gift", Mug, "Mug", 1, Pounds(2.55m))]))
            .When(s => s.Add([New(new(sku), quantity, 2.55m, "gift")])).ThenRefused(CartErrors.LineIdReused(0, "gift"));

    [Fact]
    public void An_importers_price_gets_a_line_of_its_own() =>
        Given(Opened, TwoMugs).When(s => s.Add([New(Mug, 1, 1m) with { PriceFixed = true }, New(Mug, 1, 1m) with { PriceFixed = true }]))
            .Then(new LinesPut([new("l2", Mug, "Mug", 1, Pounds(1m), true), new("l3", Mug, "Mug", 1, Pounds(1m), true)]));

    [Fact]
    public void A_line_id_made_here_never_takes_one_in_use() =>
        Given(Opened, new LinesPut([new("l2", Mug, "Mug", 1, Pounds(1m))]))
            .When(s => s.Add([New(Mug, 1, 1m) with { PriceFixed = true }])).Then(new LinesPut([new("l3", Mug, "Mug", 1, Pounds(1m), true)]));

    [Fact]
    public void A_sku_whose_line_id_a_client_took_for_something_else_is_refused() =>
        Given(Opened, new LinesPut([new("85123A", Jar, "Jar", 1, Pounds(1m))])).When(s => s.Add([New(Mug, 1, 1m)])).ThenRefused("idempotency-key-reused");

    [Fact]
    public void A_request_is_taken_in_full_or_not_at_all_and_says_all_that_is_wrong() =>
        Given(Opened).When(s => s.Add([New(Mug, 1, 1m), New(Mug, 0, 1m), New(Jar, 1, -1m), New(Jar, 1, 1m, "")]))
            .Answer.Refusal!.Details.Select(d => d.Pointer).ShouldBe(["/lines/1/quantity", "/lines/2/unitPrice", "/lines/3/lineId"]);

    [Theory, InlineData(0), InlineData(-1), InlineData(CartErrors.MaxQuantity + 1)]
    public void A_quantity_is_one_to_a_million(int quantity)
    {
        Given(Opened).When(s => s.Add([New(Mug, quantity, 1m)])).ThenRefused(CartErrors.QuantityOutOfRange(0, quantity));
        Given(Opened, TwoMugs).When(s => s.SetQuantity("85123A", quantity, null, 2)).ThenRefused(CartErrors.QuantityOutOfRange(-1, quantity));
    }

    [Fact]
    public void What_is_added_up_is_bounded_as_well() =>
        Given(Opened, TwoMugs).When(s => s.Add([New(Mug, CartErrors.MaxQuantity - 1, 0m)])).ThenRefused(CartErrors.QuantityOutOfRange(0, CartErrors.MaxQuantity + 1));

    [Fact]
    public void A_request_has_at_least_one_line_and_at_most_a_thousand()
    {
        Given(Opened).When(s => s.Add([])).ThenRefused(CartErrors.NoLines);
        Given(Opened).When(s => s.Add(Numbered(0, CartErrors.MaxLinesPerRequest + 1))).ThenRefused(CartErrors.TooManyLinesAtOnce);
        Given(Opened).When(s => s.Add(Numbered(0, CartErrors.MaxLinesPerRequest))).Answer.Ok.ShouldBeTrue();
    }

    [Fact]
    public void A_cart_has_at_most_five_thousand_lines()
    {
        var full = Given([Opened, .. Enumerable.Range(0, 5).Select(k => new LinesPut([.. Numbered(k * 1_000, 1_000).Select(ToLine)]))]);
        full.State.Lines.Items.Length.ShouldBe(CartErrors.MaxLines);
        full.When(s => s.Add([New(Mug, 1, 1m)])).ThenRefused(CartErrors.TooManyLines);
        full.When(s => s.Add([New(new("S0"), 1, 1m)])).Answer.Ok.ShouldBeTrue();
    }

    [Fact]
    public void A_cart_has_no_more_units_than_stock_can_count()
    {
        var full = new CartLines([.. Enumerable.Range(0, 2_147).Select(i => BySku(Mug, CartErrors.MaxQuantity, 0m) with { Id = $"n{i}" }), BySku(Jar, 483_647, 0m)]);
        full.OverLimit().ShouldBeNull();
        Given(Opened, new LinesPut(full.Items)).When(s => s.SetQuantity(Jar.Value, 483_648, null, 2)).ThenRefused(CartErrors.TooManyUnits);
    }

    [Fact]
    public void A_cart_comes_to_at_most_the_limit_of_an_order()
    {
        const decimal most = Money.OrderLimit / 100m / 1_000m;
        Given(Opened).When(s => s.Add([New(Mug, 1_000, most)])).Answer.Ok.ShouldBeTrue();
        Given(Opened).When(s => s.Add([New(Mug, 1_000, most), New(Jar, 1, 0.01m)])).ThenRefused(CartErrors.TotalTooHigh);
        Given(Opened, new LinesPut([BySku(Mug, 1_000, most)])).When(s => s.SetQuantity("85123A", 1_001, null, 2)).ThenRefused(CartErrors.TotalTooHigh);
    }

    [Theory, InlineData("-0.01"), InlineData("1000000000.01"), InlineData("0.0000001")]
    public void A_price_out_of_range_is_refused(string price) =>
        Given(Opened).When(s => s.Add([New(Mug, 1, decimal.Parse(price, System.Globalization.CultureInfo.InvariantCulture))]))
            .ThenRefused(CartErrors.PriceOutOfRange(0));

    [Fact]
    public void A_price_in_another_currency_is_refused() =>
        Given(Opened).When(s => s.Add([New(Mug, 1, 1m) with { UnitPrice = new(1m, new("EUR")) }])).ThenRefused(CartErrors.WrongCurrency(0, Currency.GBP));

    [Fact]
    public void A_quantity_is_set_when_the_caller_has_seen_the_current_version_or_does_not_mind()
    {
        Given(Opened, TwoMugs).When(s => s.SetQuantity("85123A", 7, 2, 2)).Then(new QuantitySet("85123A", 7));
        Given(Opened, TwoMugs).When(s => s.SetQuantity("85123A", 7, null, 2)).Then(new QuantitySet("85123A", 7));
        Given(Opened, TwoMugs).When(s => s.SetQuantity("85123A", 7, 1, 2)).ThenRefused(CartErrors.VersionMismatch(2));
        Given(Opened, TwoMugs).When(s => s.SetQuantity("85123A", 2, 1, 2)).Then();
        Given(Opened, TwoMugs).When(s => s.SetQuantity("other", 2, 2, 2)).ThenRefused(CartErrors.LineNotFound);
    }

    [Fact]
    public void A_line_that_is_not_there_is_already_out()
    {
        Given(Opened, TwoMugs).When(s => s.Remove("85123A", null, 2)).Then(new LineRemoved("85123A")).State.Lines.Items.ShouldBeEmpty();
        Given(Opened).When(s => s.Remove("85123A", null, 1)).Then();
    }

    [Fact]
    public void A_line_or_the_cart_is_taken_away_when_the_caller_has_seen_the_current_version_or_does_not_mind()
    {
        Given(Opened, TwoMugs).When(s => s.Remove("85123A", 2, 2)).Then(new LineRemoved("85123A"));
        Given(Opened, TwoMugs).When(s => s.Remove("85123A", 1, 2)).ThenRefused(CartErrors.VersionMismatch(2));
        Given(Opened, TwoMugs).When(s => s.Remove("other", 1, 2)).Then();
        Given(Opened, TwoMugs).When(s => s.Delete(2, 2)).Then(new CartClosed("deleted")).After.When(s => s.Delete(2, 3)).Then();
        Given(Opened, TwoMugs).When(s => s.Delete(1, 2)).ThenRefused(CartErrors.VersionMismatch(2));
        Given().When(s => s.Delete(1, 0)).ThenRefused(CartErrors.NotFound);
    }

    [Fact]
    public void A_cart_never_opened_or_gone_is_not_found()
    {
        foreach (var none in new[] { Given(), Given(Opened, TwoMugs, new CartClosed("deleted")) })
        {
            none.When(s => s.Add([New(Mug, 1, 1m)])).ThenRefused(CartErrors.NotFound);
            none.When(s => s.SetQuantity("85123A", 1, null, 0)).ThenRefused(CartErrors.NotFound);
            none.When(s => s.Remove("85123A", null, 0)).ThenRefused(CartErrors.NotFound);
            none.When(s => s.Quote(None)).ThenRefused(CartErrors.NotFound);
            none.When(s => s.Freeze(Id, "k1", null, None, Now)).ThenRefused(CartErrors.NotFound);
            none.When(s => s.GiveUp(Id, Other)).ThenRefused(CartErrors.NotFound);
            none.When(s => s.Merge(Id, Other, Holding())).ThenRefused(CartErrors.NotFound);
            none.State.See(none.State.View(0)).Refusal.ShouldBe(CartErrors.NotFound);
        }
    }

    [Fact]
    public void A_quote_gives_lines_the_current_prices()
    {
        var prices = Prices((Mug, 2.75m), (Jar, 4m), (new("UNUSED"), 1m));
        Given(Opened, new LinesPut([BySku(Mug, 1, 2.55m), BySku(Jar, 1, 4m)]))
            .When(s => s.Quote(prices)).Then(new CartRepriced(Prices((Mug, 2.75m))))
            .State.Lines.Items.Select(l => l.UnitPrice.Amount).ShouldBe([2.75m, 4m]);
    }

    [Fact]
    public void A_quote_without_news_changes_nothing()
    {
        Given(Opened, TwoMugs).When(s => s.Quote(Prices((Mug, 2.55m)))).Then();
        Given(Opened, TwoMugs).When(s => s.Quote(None)).Then();
        Given(Opened, new LinesPut([new("l1", Mug, "Mug", 1, Pounds(1m), true)])).When(s => s.Quote(Prices((Mug, 2.55m)))).Then();
        Given(Opened, TwoMugs, FrozenFor(1)).When(s => s.Quote(Prices((Mug, 2.55m)))).Then();
        Given(Opened, TwoMugs, FrozenFor(1)).When(s => s.Quote(Prices((Mug, 2.75m)))).ThenRefused(CartErrors.Frozen);
    }

    [Fact]
    public void A_quote_at_prices_beyond_the_limit_of_an_order_is_refused() =>
        Given(Opened, new LinesPut([BySku(Mug, 1_000_000, 1m)])).When(s => s.Quote(Prices((Mug, 1_000_000_000m)))).ThenRefused(CartErrors.TotalTooHigh);

    [Fact]
    public void The_quote_hash_names_all_that_the_shopper_agrees_to()
    {
        var line = BySku(Mug, 2, 2.55m);
        var hash = Hash(line);
        hash.Length.ShouldBe(32);
        Hash(line with { UnitPrice = Pounds(2.550m) }).ShouldBe(hash);
        foreach (var other in new[] { line with { Id = "x" }, line with { Sku = Jar }, line with { Quantity = 3 }, line with { UnitPrice = Pounds(2.56m) } })
        {
            Hash(other).ShouldNotBe(hash);
        }

        new CartLines([line]).QuoteHash(new("EUR")).ShouldNotBe(hash);
        new CartLines([line, line with { Id = "x" }]).QuoteHash(Currency.GBP).ShouldNotBe(new CartLines([line with { Id = "x" }, line]).QuoteHash(Currency.GBP));

        static string Hash(CartLine line) => new CartLines([line]).QuoteHash(Currency.GBP);
    }

    private static ImmutableArray<NewLine> Numbered(int from, int count) => [.. Enumerable.Range(from, count).Select(n => New(new($"S{n}"), 1, 1m))];

    private static CartLine ToLine(NewLine line) => BySku(line.Sku, line.Quantity, line.UnitPrice.Amount);
}
