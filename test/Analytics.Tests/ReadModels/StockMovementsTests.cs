using Commerce.Analytics.ReadModels.StockMovements;
using Commerce.Tests.Storages;

namespace Commerce.Tests.ReadModels;

public abstract class StockMovementsTests(Func<Task<TestStorage>> create) : StorageTests(create)
{
    [Fact]
    public async Task On_hand_is_the_sum_of_what_moved()
    {
        await Store.Apply(new Happenings()
            .Adjusted("A", "2000-01-01T00:00:00Z", 100).Adjusted("A", "2010-12-01T00:00:00Z", -7).Committed("A", "2010-12-01T09:00:00Z", 30)
            .Restocked("A", "2010-12-02T09:00:00Z", 4).Adjusted("B", "2010-12-01T00:00:00Z", 1));
        (await StockMovementsQuery.Ask(Store, "a", null, null, null, null)).ShouldBe(new StockMovementsBody("A", 100, 7, 30, 4, 67));
        (await StockMovementsQuery.Ask(Store, "A", "2010-12-01", "2010-12-02", null, null)).ShouldBe(new StockMovementsBody("A", 0, 7, 30, 0, -37));
        (await StockMovementsQuery.Ask(Store, "NEVER", null, null, null, null)).ShouldBe(new StockMovementsBody("NEVER", 0, 0, 0, 0, 0));
    }

    [Fact]
    public async Task A_SKU_may_itself_hold_slashes_and_at_signs()
    {
        await Store.Apply(new Happenings().Adjusted("A/B@C", "2010-12-01T00:00:00Z", 5));
        (await StockMovementsQuery.Ask(Store, "A/B@C", null, null, null, null)).ShouldBe(new StockMovementsBody("A/B@C", 5, 0, 0, 0, 5));
    }

    [Fact]
    public async Task All_SKUs_come_in_pages()
    {
        var happened = new Happenings();
        foreach (var sku in (string[])["C", "A", "E", "B", "D"]) happened.Adjusted(sku, "2010-12-01T00:00:00Z", 1);
        await Store.Apply(happened);
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = (await StockMovementsQuery.Ask(Store, null, null, null, "2", cursor)).ShouldBeOfType<StockMovementsPage>();
            seen.AddRange(page.Items.Select(item => item.Sku));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        seen.ShouldBe(["A", "B", "C", "D", "E"]);
    }
}

public sealed class StockMovementsOnSqliteTests() : StockMovementsTests(OnSqlite);

public sealed class StockMovementsOnPostgresTests(Postgres server) : StockMovementsTests(On(server));
