using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Kit;
using CsCheck;

namespace Commerce.Catalog;

public sealed class ProductTests() : Specification<Product, ProductEvent>(Product.Unknown, (s, e) => s.Evolve(e))
{
    private static readonly DateTimeOffset Now = new(2010, 12, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly Sku Mug = new("85123A");
    private static readonly Money Price = new(255, Currency.GBP);
    private static readonly Money Sale = new(199, Currency.GBP);

    private static readonly ProductEvent[] OnSale = [new ProductCreated(Mug, "Mug", "White"), new PriceSet(Price, Now, null), new ProductPublished()];

    [Fact]
    public void A_new_product_is_created_priced_and_published_at_once() =>
        Given()
            .When(s => s.Create(Mug, " Mug ", "White", Price, Now))
            .Then(new ProductCreated(Mug, "Mug", "White"), new PriceSet(Price, Now, null), new ProductPublished());

    [Fact]
    public void Creating_the_same_product_again_changes_nothing() =>
        Given(OnSale).When(s => s.Create(Mug, "Mug", "White", Price, Now.AddDays(1))).Then();

    [Theory, InlineData("Cup", 255), InlineData("Mug", 256)]
    public void Creating_it_with_another_content_is_refused(string title, long minor) =>
        Given(OnSale).When(s => s.Create(Mug, title, "White", new Money(minor, Currency.GBP), Now)).ThenRefused(ProductErrors.Exists(Mug));

    [Theory, InlineData(""), InlineData("  ")]
    public void A_title_is_needed(string title) => Given().When(s => s.Create(Mug, title, "", Price, Now)).ThenRefused(ProductErrors.TitleNeeded);

    [Fact]
    public void A_title_has_a_longest_length() =>
        Given().When(s => s.Create(Mug, new string('x', ProductErrors.MaxTitle + 1), "", Price, Now)).ThenRefused(ProductErrors.TitleNeeded);

    [Fact]
    public void A_description_has_a_longest_length() =>
        Given().When(s => s.Create(Mug, "Mug", new string('x', ProductErrors.MaxDescription + 1), Price, Now)).ThenRefused(ProductErrors.DescriptionTooLong);

    [Theory, InlineData(-1), InlineData(ProductErrors.MaxPrice + 1)]
    public void A_price_out_of_range_is_refused(long minor)
    {
        Given().When(s => s.Create(Mug, "Mug", "", new Money(minor, Currency.GBP), Now)).ThenRefused(ProductErrors.PriceOutOfRange);
        Given(OnSale).When(s => s.SetPrice(new Money(minor, Currency.GBP), Now, null, Now)).ThenRefused(ProductErrors.PriceOutOfRange);
    }

    [Theory, InlineData(0), InlineData(ProductErrors.MaxPrice)]
    public void A_price_may_be_nothing_and_may_be_the_highest(long minor) =>
        Given(OnSale).When(s => s.SetPrice(new Money(minor, Currency.GBP), null, null, Now)).Then(new PriceSet(new Money(minor, Currency.GBP), Now, null, Now));

    [Fact]
    public void Its_words_change_when_the_caller_has_seen_the_current_version() =>
        Given(OnSale).When(s => s.Revise(3, 3, " Cup", "Blue ")).Then(new ProductRevised("Cup", "Blue"));

    [Fact]
    public void Its_words_do_not_change_when_the_caller_has_seen_another_version() =>
        Given(OnSale).When(s => s.Revise(2, 3, "Cup", "Blue")).ThenRefused(ProductErrors.VersionMismatch(3));

    [Fact]
    public void Revising_to_the_same_words_changes_nothing() => Given(OnSale).When(s => s.Revise(2, 3, "Mug", "White")).Then();

    [Fact]
    public void A_sale_ends_by_itself_and_the_price_before_it_comes_back()
    {
        var product = Given([.. OnSale, new PriceSet(Sale, Now.AddDays(10), Now.AddDays(12))]).State;

        product.Prices.At(Currency.GBP, Now.AddDays(10).AddTicks(-1)).ShouldBe(Price);
        product.Prices.At(Currency.GBP, Now.AddDays(10)).ShouldBe(Sale);
        product.Prices.At(Currency.GBP, Now.AddDays(12).AddTicks(-1)).ShouldBe(Sale);
        product.Prices.At(Currency.GBP, Now.AddDays(12)).ShouldBe(Price);
        product.Prices.ChangesAfter(Now).ShouldBe(Now.AddDays(10));
        product.Prices.ChangesAfter(Now.AddDays(10)).ShouldBe(Now.AddDays(12));
        product.Prices.ChangesAfter(Now.AddDays(12)).ShouldBeNull();
    }

    [Fact]
    public void Prices_of_other_currencies_stay() =>
        Given([.. OnSale, new PriceSet(new Money(300, new("EUR")), Now.AddDays(1), null)]).State.Prices.At(Now.AddDays(2))
            .ShouldBe([new Money(300, new("EUR")), Price]);

    [Fact]
    public void A_price_that_holds_all_that_time_already_changes_nothing() =>
        Given(OnSale).When(s => s.SetPrice(Price, Now.AddDays(1), Now.AddDays(2), Now)).Then();

    [Fact]
    public void A_price_ends_after_it_begins() => Given(OnSale).When(s => s.SetPrice(Sale, Now, Now, Now)).ThenRefused(ProductErrors.PriceEndsBeforeItBegins);

    [Fact]
    public void What_is_on_sale_can_be_bought_at_its_price() =>
        Given(OnSale).State.Quote(Currency.GBP, Now).Value.ShouldBe(new ProductQuote(Mug, "Mug", Price));

    [Fact]
    public void What_is_archived_cannot_be_bought() =>
        Given([.. OnSale, new ProductArchived()]).State.Quote(Currency.GBP, Now).Refusal.ShouldBe(ProductErrors.NotFound);

    [Fact]
    public void What_has_no_price_in_a_currency_cannot_be_bought_in_it() =>
        Given(OnSale).State.Quote(new("EUR"), Now).Refusal!.Code.ShouldBe("validation-failed");

    [Fact]
    public void What_has_no_price_yet_cannot_be_bought() => Given(OnSale).State.Quote(Currency.GBP, Now.AddTicks(-1)).Ok.ShouldBeFalse();

    [Fact]
    public void Archiving_and_publishing_go_back_and_forth()
    {
        Given(OnSale).When(s => s.Publish()).Then();
        Given(OnSale).When(s => s.Archive()).Then(new ProductArchived());
        Given([.. OnSale, new ProductArchived()]).When(s => s.Archive()).Then();
        Given([.. OnSale, new ProductArchived()]).When(s => s.Publish()).Then(new ProductPublished());
    }

    [Fact]
    public void A_product_nobody_created_is_not_found()
    {
        Given().When(s => s.Revise(0, 0, "Mug", "")).ThenRefused(ProductErrors.NotFound);
        Given().When(s => s.SetPrice(Price, Now, null, Now)).ThenRefused(ProductErrors.NotFound);
        Given().When(s => s.Publish()).ThenRefused(ProductErrors.NotFound);
        Given().When(s => s.Archive()).ThenRefused(ProductErrors.NotFound);
        Given().State.Quote(Currency.GBP, Now).Refusal.ShouldBe(ProductErrors.NotFound);
        Given().State.View(Now, 0).Refusal.ShouldBe(ProductErrors.NotFound);
    }

    private static readonly Gen<Currency> AnyCurrency = Gen.OneOf(Gen.Const(Currency.GBP), Gen.Const(new Currency("EUR")));

    private static readonly Gen<PriceSet> AnyPrice = Gen.Select(Gen.Long[0, 9], AnyCurrency, Gen.Int[0, 20], Gen.Int[0, 8], (minor, currency, from, length) =>
        new PriceSet(new Money(minor, currency), Now.AddHours(from), length == 0 ? null : Now.AddHours(from + length)));

    [Fact]
    public void At_any_instant_at_most_one_price_is_active_and_it_is_the_last_one_set() =>
        Gen.Select(AnyPrice.List[0, 20], AnyCurrency, Gen.Int[-1, 60]).Sample((prices, currency, halfHours) =>
        {
            var at = Now.AddMinutes(30 * halfHours);
            var product = Given([.. OnSale[..1], .. prices]).State;

            var active = product.Prices.Periods.Where(p => p.Price.Currency == currency && p.Contains(at)).ToList();
            active.Count.ShouldBeLessThanOrEqualTo(1);

            // Whatever was set last for an instant is its price: told by the list of prices alone, without the cutting.
            var last = prices.LastOrDefault(p => p.Price.Currency == currency && p.From <= at && (p.To is null || at < p.To));
            product.Prices.At(currency, at).ShouldBe(last?.Price);
        });

    [Fact]
    public void However_often_its_price_changes_those_of_the_last_hour_are_kept()
    {
        var product = Given(OnSale).State;
        for (var i = 1; i <= 10_000; i++)
            product = product.SetPrice(new Money(i, Currency.GBP), null, null, Now.AddMinutes(i)).Value.Items.Aggregate(product, (s, e) => s.Evolve(e));

        product.Prices.Periods.Length.ShouldBe(61);
        product.Quote(Currency.GBP, Now.AddMinutes(10_000)).Value.Price.Minor.ShouldBe(10_000);
    }

    [Fact]
    public void Whatever_is_not_kept_is_no_price_of_the_last_hour_nor_of_any_time_after_it() =>
        Gen.Select(AnyPrice.List[1, 20], AnyCurrency, Gen.Int[0, 60]).Sample((prices, currency, halfHours) =>
        {
            var said = prices.Select((price, i) => price with { At = Now.AddHours(i) }).ToArray();
            var at = said[^1].At!.Value - Product.KeepsPrices + TimeSpan.FromMinutes(30 * halfHours);
            var (all, kept) = (Given([.. OnSale[..1], .. prices]).State.Prices, Given([.. OnSale[..1], .. said]).State.Prices);

            kept.At(currency, at).ShouldBe(all.At(currency, at));
            kept.At(at).ShouldBe(all.At(at));
            kept.ChangesAfter(at).ShouldBe(all.ChangesAfter(at));
        });

    [Fact]
    public void A_snapshot_reads_back_as_it_was() =>
        AnyPrice.List[0, 20].Sample(prices =>
        {
            var product = Given([.. OnSale, .. prices]).State;

            var back = JsonSerializer.Deserialize<Product>(JsonSerializer.Serialize(product, EventTypes.Json), EventTypes.Json)!;

            (back with { Prices = product.Prices }).ShouldBe(product);
            back.Prices.Periods.ShouldBe(product.Prices.Periods);
        });
}
