using Commerce.Catalog;
using Commerce.Feeds;
using Commerce.Gateway.Products;
using Commerce.Gateway.ReadModels;
using Commerce.Kernel;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Gateway.Tests.ReadModels;

public sealed class ProductIndexTests : IDisposable
{
    private readonly Feeds _feeds = new();
    private readonly ProductPages _pages = new(new Commerce.Gateway.Composition.Shop(null!), TimeProvider.System);
    private readonly FakeTimeProvider _time = new(new(2010, 12, 1, 8, 0, 0, TimeSpan.Zero));
    private ProductIndex _index;

    public ProductIndexTests()
    {
        _index = new ProductIndex(_feeds.Store, _pages, _time);
        Sells("85123A", "WHITE HANGING HEART T-LIGHT HOLDER");
        Sells("71053", "WHITE METAL LANTERN");
        Sells("84406B", "CREAM CUPID HEARTS COAT HANGER");
        Sells("84029G", "KNITTED UNION FLAG HOT WATER BOTTLE");
        Sells("22752", "SET 7 BABUSHKA NESTING BOXES");
        Sells("21730", "GLASS STAR FROSTED T-LIGHT HOLDER");
    }

    [Fact]
    public void An_event_of_a_newer_program_does_not_stop_it()
    {
        _feeds.HappensInANewerProgram(_index, "product/t1/71053");
        Find("lantern").ShouldBe(["71053"]);
    }

    [Theory]
    [InlineData("lantern", "71053")]
    [InlineData("lantren", "71053")]
    [InlineData("LANTERNS", "71053")]
    [InlineData("haert holder", "85123A")]
    [InlineData("t-lite holder", "21730,85123A")]
    [InlineData("t-light", "21730,85123A")]
    [InlineData("hot wtaer botle", "84029G")]
    [InlineData("babushka boxs", "22752")]
    [InlineData("85123a", "85123A")]
    [InlineData("cupid", "84406B")]
    [InlineData("frost", "21730")]
    [InlineData("t", "21730,85123A")]
    public void Typing_errors_are_forgiven(string query, string skus) => Find(query).Take(skus.Split(',').Length).ShouldBe(skus.Split(','), ignoreOrder: true);

    [Theory]
    [InlineData("xqzvwk")]
    [InlineData("spaceship engine")]
    [InlineData("\" OR 1=1 --")]
    [InlineData("!!!")]
    [InlineData("%")]
    public void Nonsense_finds_nothing(string query) => Find(query).ShouldBeEmpty();

    [Fact]
    public void The_better_match_comes_first() => Find("white lantern")[0].ShouldBe("71053");

    [Fact]
    public void A_query_is_its_first_eight_words_and_each_of_them_once()
    {
        const string eight = "white metal lantern candle stand garden party light";
        _index.Search($"{eight} spaceship engine babushka nesting", null, 10).ShouldBe(_index.Search(eight, null, 10));
        _index.Search("lantern lantern metal LANTERN", null, 10).ShouldBe(_index.Search("lantern metal", null, 10));
        Find("lantern lantern lantern lantern lantern lantern lantern lantern lantern babushka").ShouldBe(Find("lantern babushka"));
    }

    [Fact]
    public void A_product_is_found_by_its_first_words_however_long_its_description()
    {
        var words = Enumerable.Range(0, 600).Select(i => $"{(char)('a' + i % 26)}q{(char)('a' + i / 26)}").ToArray();
        _feeds.Happens(_index, "product/t1/LONG", new ProductCreated(new Sku("LONG"), "NOVEL", string.Join(' ', words)), new ProductPublished());
        Find("novel").ShouldBe(["LONG"]);
        Find(words[100]).ShouldBe(["LONG"]);
        Find(words[^1]).ShouldBeEmpty();
    }

    [Fact]
    public void Of_many_words_that_are_almost_spelled_the_nearest_are_meant()
    {
        for (var i = 0; i < 80; i++) Sells($"N{i}", $"LANTE{(char)('A' + i % 16)}{(char)('A' + i / 16)}S");
        using var db = _feeds.Store.Reader();
        var meant = ProductIndex.Meant(db, "lanterns");
        (meant.Count, meant[0]).ShouldBe((ProductIndex.MaxMeant, "lantern"));
    }

    [Fact]
    public void New_words_replace_the_old()
    {
        _feeds.Happens(_index, "product/t1/71053", new ProductRevised("BRASS CANDLESTICK", ""));
        Find("lantern").ShouldBeEmpty();
        Find("candlestick").ShouldBe(["71053"]);
    }

    [Fact]
    public void What_is_off_sale_is_not_found_until_it_is_back()
    {
        _feeds.Happens(_index, "product/t1/71053", new ProductArchived());
        Find("lantern").ShouldBeEmpty();
        _index.Published("", 10).ShouldNotContain(new Sku("71053"));
        _feeds.Happens(_index, "product/t1/71053", new ProductPublished());
        Find("lantern").ShouldBe(["71053"]);
    }

    [Fact]
    public void Pages_follow_one_another_without_a_gap()
    {
        var all = _index.Search("t-light holder", null, 10);
        all.Count.ShouldBe(2);
        _index.Search("t-light holder", all[0], 10).ShouldBe([all[1]]);
        _index.Published("", 2).Concat(_index.Published(_index.Published("", 2)[^1].Value, 10)).ShouldBe(_index.Published("", 10));
    }

    [Fact]
    public void What_was_found_is_counted_by_bands_of_prices_and_narrowed_to_one_of_them()
    {
        foreach (var (sku, minor) in new[] { ("P1", 0), ("P2", 199), ("P3", 1000), ("P4", 1999), ("P5", 1500), ("P6", 2000), ("P7", 100_000_000_000) }) Sells(sku, $"TEAPOT {sku}", minor);
        Priced("P1", new(1500, new("EUR")));
        Sells("GONE", "TEAPOT GONE", 1500);
        _feeds.Happens(_index, "product/t1/GONE", new ProductArchived());

        Bands("teapot", Currency.GBP).ShouldBe(["GBP:0-99 1", "GBP:100-199 1", "GBP:1000-1999 3", "GBP:2000-4999 1", "GBP:100000000000-199999999999 1"]);
        Bands("teapot", new Currency("EUR")).ShouldBe(["EUR:1000-1999 1"]);
        Bands("spaceship", Currency.GBP).ShouldBeEmpty();
        Find("teapot", new(Currency.GBP, 1000, 1999)).ShouldBe(["P3", "P4", "P5"]);
        foreach (var band in _index.Bands("teapot", Currency.GBP)) Find("teapot", band.Key).Length.ShouldBe(band.Value);

        // With a price, a page goes on from a hit as without one.
        var first = _index.Search("teapot", null, 2, new(Currency.GBP, 1000, 1999));
        _index.Search("teapot", first[^1], 2, new(Currency.GBP, 1000, 1999)).Select(hit => hit.Sku.Value).ShouldBe(["P5"]);
    }

    [Fact]
    public void The_price_that_holds_now_counts()
    {
        var now = _time.GetUtcNow();
        Priced("71053", new(300, Currency.GBP), now.AddHours(1), now.AddHours(2));
        Priced("71053", new(700, Currency.GBP), now.AddHours(3));
        Priced("71053", new(2500, new("EUR")), now.AddHours(-2), now.AddHours(-1));
        Is("GBP:0-99 1");
        _time.Advance(TimeSpan.FromHours(1));
        Is("GBP:200-499 1");
        _time.Advance(TimeSpan.FromHours(1));
        Is("GBP:0-99 1");
        _time.Advance(TimeSpan.FromHours(1));
        Is("GBP:500-999 1");
        Bands("lantern", new Currency("EUR")).ShouldBeEmpty();

        void Is(string band) => Bands("lantern", Currency.GBP).ShouldBe([band]);
    }

    [Fact]
    public void Whatever_prices_are_set_the_one_that_holds_is_that_of_the_product_itself()
    {
        var (start, sampled, euro) = (DateTimeOffset.UnixEpoch, 0, new Currency("EUR"));
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 5], Gen.Bool).List[1, 12].Sample(
            said =>
            {
                var (sku, prices) = (new Sku($"K{sampled++}"), PriceList.Empty);
                _feeds.Happens(_index, $"product/t1/{sku}", new ProductCreated(sku, "KETTLE", ""), new ProductPublished());
                foreach (var (i, (begins, lasts, inEuro)) in said.Index())
                {
                    var set = new PricePeriod(new(i, inEuro ? euro : Currency.GBP), start.AddHours(begins), lasts == 0 ? null : start.AddHours(begins + lasts));
                    prices = prices.With(set);
                    Priced(sku.Value, set.Price, set.From, set.To);
                }

                for (var hour = 0; hour < 15; hour++)
                {
                    var index = new ProductIndex(_feeds.Store, _pages, new FakeTimeProvider(start.AddHours(hour)));
                    foreach (var currency in new[] { euro, Currency.GBP })
                    {
                        var price = prices.At(currency, start.AddHours(hour));
                        index.Bands("kettle", currency).Sum(band => band.Value).ShouldBe(price is null ? 0 : 1);
                        if (price is { Minor: var minor }) index.Search("kettle", null, 2, new(currency, minor, minor)).Count.ShouldBe(1, $"{price} at {hour}");
                    }
                }

                _feeds.Happens(_index, $"product/t1/{sku}", new ProductArchived());
            },
            iter: 50, threads: 1);
    }

    [Fact]
    public void Prices_that_are_over_are_not_kept()
    {
        var now = _time.GetUtcNow();
        for (var day = 0; day < 100; day++)
        {
            Priced("71053", new(200 + day, Currency.GBP), now.AddDays(day), at: now.AddDays(day));
            Priced("71053", new(100 + day, Currency.GBP), now.AddDays(day), now.AddDays(day).AddHours(6), now.AddDays(day));
        }

        using var db = _feeds.Store.Reader();
        using var rows = db.Query("select count(*) from prices where sku = $1", "71053");
        rows.Read().ShouldBeTrue();
        rows.GetInt64(0).ShouldBeLessThanOrEqualTo(3);
    }

    [Fact]
    public void A_restart_goes_on_where_it_was_and_a_replaced_history_starts_over()
    {
        var cursor = _feeds.Store.Cursor("catalog", 0);
        cursor.Epoch.ShouldBe("e1");
        _feeds.Reopen();
        _index = new ProductIndex(_feeds.Store, _pages, _time);
        _feeds.Store.Cursor("catalog", 0).ShouldBe(cursor);
        Find("lantern").ShouldBe(["71053"]);

        _feeds.Store.Forget(_index.Service, [.. _index.Tables]);
        _feeds.Store.Cursor("catalog", 0).ShouldBe(FeedCursor.Start);
        Find("lantern").ShouldBeEmpty();
        Sells("71053", "WHITE METAL LANTERN");
        Find("lantern").ShouldBe(["71053"]);
    }

    public void Dispose() => _feeds.Dispose();

    private string[] Find(string query, PriceRange? at = null) => [.. _index.Search(query, null, 10, at).Select(hit => hit.Sku.Value)];

    private string[] Bands(string query, Currency currency) => [.. _index.Bands(query, currency).Select(band => $"{band.Key} {band.Value}")];

    private void Priced(string sku, Money price, DateTimeOffset? from = null, DateTimeOffset? to = null, DateTimeOffset? at = null) =>
        _feeds.Happens(_index, $"product/t1/{sku}", new PriceSet(price, from ?? DateTimeOffset.UnixEpoch, to, at));

    private void Sells(string sku, string title, long minor = 1) => _feeds.Happens(
        _index, $"product/t1/{sku}", new ProductCreated(new Sku(sku), title, ""), new PriceSet(new Money(minor, Currency.GBP), DateTimeOffset.UnixEpoch, null), new ProductPublished());
}
