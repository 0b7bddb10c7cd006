using Commerce.Analytics.Queries;
using Commerce.Analytics.ReadModels.TopProducts;
using Commerce.Tests.Storages;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.ReadModels;

public abstract class TopProductsTests(Func<Task<TestStorage>> create) : StorageTests(create)
{
    private Task<TopProductsBody> Ask(string from, string to, string by = "revenue", string? limit = null) =>
        TopProductsQuery.Ask(Store, Period.Days(from, to), by, limit, "GBP");

    [Fact]
    public async Task Products_are_ranked_by_revenue_or_units_before_refunds_and_ties_go_by_SKU()
    {
        await Store.Apply(new Happenings()
            .Confirmed("o1", "2010-12-01T08:00:00Z", Line("b", 1, 500), Line("B", 9, 500), Line("A", 1, 500), Line("C", 10, 100))
            .Confirmed("o2", "2010-12-02T08:00:00Z", Line("C", 1, 10))
            .Returned("o1", "2010-12-02T08:00:00Z", Line("A", 1, 500)));
        (await Ask("2010-12-01", "2011-01-01")).Items.Select(item => item.Sku).ShouldBe(["A", "B", "b", "C"]);
        (await Ask("2010-12-01", "2011-01-01", "units")).Items.Select(item => (item.Sku, item.Units)).ShouldBe([("C", 11L), ("B", 9L), ("A", 1L), ("b", 1L)]);
        (await Ask("2010-12-01", "2010-12-02", "units", "1")).Items.Single().ShouldBe(new TopProductBody("C", "The C", new MoneyBody("1.00", "GBP", 100), 10));
    }

    [Fact]
    public async Task The_title_is_the_one_it_was_last_sold_under()
    {
        var happened = new Happenings()
            .Confirmed("o1", "2010-12-02T08:00:00Z", Line("A", 1, 100, "New"))
            .Confirmed("o2", "2010-12-01T08:00:00Z", Line("A", 1, 100, "Old"))
            .Confirmed("o3", "2010-12-02T08:00:00Z", Line("A", 1, 100, "Newest"));
        for (var i = 1; i <= 3; i++) await Store.Apply(happened.Run("order", i, i));
        (await Ask("2010-12-01", "2011-01-01")).Items.Single().Title.ShouldBe("Newest");
    }
}

public sealed class TopProductsOnSqliteTests() : TopProductsTests(OnSqlite);

public sealed class TopProductsOnPostgresTests(Postgres server) : TopProductsTests(On(server));
