using Commerce.Analytics.Queries;
using Commerce.Analytics.ReadModels.Revenue;
using Commerce.Tests.Storages;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.ReadModels;

public abstract class RevenueTests(Func<Task<TestStorage>> create) : StorageTests(create)
{
    private Task<RevenueBody> December(string grain = "day", string currency = "GBP") =>
        RevenueQuery.Ask(Store, Period.Minutes("2010-12-01", "2011-01-01"), grain, currency);

    [Fact]
    public async Task An_order_counts_with_its_units_and_gross_when_it_is_confirmed()
    {
        await Store.Apply(new Happenings()
            .Confirmed("o1", "2010-12-01T08:26:59Z", Line("A", 6, 1530), Line("B", 2, 500), Line("A", 1, 255))
            .Confirmed("o2", "2010-12-02T10:00:00Z", Line("A", 1, 255)));
        var revenue = await December();
        revenue.Gross.ShouldBe(new MoneyBody("25.40", "GBP", 2540));
        (revenue.Orders, revenue.Units).ShouldBe((2, 10));
        revenue.Buckets.Select(bucket => (bucket.Start, bucket.Gross.Minor, bucket.Orders, bucket.Units))
            .ShouldBe([("2010-12-01T00:00:00Z", 2285L, 1L, 9L), ("2010-12-02T00:00:00Z", 255L, 1L, 1L)]);
    }

    [Fact]
    public async Task A_refund_counts_in_its_own_bucket_and_net_may_be_negative()
    {
        await Store.Apply(new Happenings()
            .Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 2, 500))
            .Returned("o1", "2010-12-03T09:00:00Z", Line("A", 1, 250)));
        var revenue = await December();
        (revenue.Gross.Minor, revenue.Refunds.Minor, revenue.Net.Minor, revenue.Units).ShouldBe((500, 250, 250, 2));
        revenue.Buckets[1].Net.ShouldBe(new MoneyBody("-2.50", "GBP", -250));
        revenue.Buckets[1].Orders.ShouldBe(0);
    }

    [Fact]
    public async Task A_late_event_corrects_its_own_bucket()
    {
        var happened = new Happenings().Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 1, 100)).Confirmed("o2", "2010-12-05T08:00:00Z", Line("A", 1, 100));
        await Store.Apply(happened);
        happened.Confirmed("late", "2010-12-01T23:59:59Z", Line("A", 1, 1));
        await Store.Apply(happened.Run("order", 3, 3));
        (await December()).Buckets.Select(bucket => bucket.Gross.Minor).ShouldBe([101L, 100L]);
    }

    [Fact]
    public async Task A_confirmed_order_that_is_cancelled_stays_in_gross_and_is_refunded_whole_when_the_cancellation_is_complete()
    {
        var happened = new Happenings().Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 2, 500), Line("B", 1, 50)).Cancelled("o1", "2010-12-02T08:00:00Z");
        await Store.Apply(happened.Run("order", 1, 1));
        await Store.Apply(happened.Run("order", 2, 2));
        var revenue = await December();
        (revenue.Gross.Minor, revenue.Refunds.Minor, revenue.Net.Minor, revenue.Orders).ShouldBe((550, 550, 0, 1));
        revenue.Buckets[1].Refunds.Minor.ShouldBe(550);
    }

    [Fact]
    public async Task An_order_that_was_cancelled_before_it_was_confirmed_was_never_a_sale()
    {
        await Store.Apply(new Happenings().Cancelled("o1", "2010-12-02T08:00:00Z"));
        (await December()).Buckets.ShouldBeEmpty();
        (await December()).Net.ShouldBe(new MoneyBody("0.00", "GBP", 0));
    }

    [Fact]
    public async Task Minutes_add_up_to_hours_and_days_and_the_end_is_exclusive()
    {
        await Store.Apply(new Happenings()
            .Confirmed("o1", "2010-12-01T08:26:00Z", Line("A", 1, 1))
            .Confirmed("o2", "2010-12-01T08:26:30Z", Line("A", 1, 2))
            .Confirmed("o3", "2010-12-01T08:27:00Z", Line("A", 1, 4))
            .Confirmed("o4", "2010-12-01T09:00:00+01:00", Line("A", 1, 8))
            .Confirmed("o5", "2011-01-01T00:00:00Z", Line("A", 1, 16)));
        (await December("minute")).Buckets.Select(bucket => (bucket.Start, bucket.Gross.Minor))
            .ShouldBe([("2010-12-01T08:00:00Z", 8L), ("2010-12-01T08:26:00Z", 3L), ("2010-12-01T08:27:00Z", 4L)]);
        (await December("hour")).Buckets.Select(bucket => (bucket.Start, bucket.Gross.Minor)).ShouldBe([("2010-12-01T08:00:00Z", 15L)]);
        (await December()).Gross.Minor.ShouldBe(15);
        (await RevenueQuery.Ask(Store, Period.Minutes("2010-12-01T08:27:00Z", "2010-12-01T08:28:00Z"), "minute", null)).Gross.Minor.ShouldBe(4);
    }

    [Fact]
    public async Task Currencies_are_kept_apart_and_the_commonest_is_meant_unless_one_is_named()
    {
        await Store.Apply(new Happenings()
            .Confirmed("o1", "2010-12-01T08:00:00Z", Line("A", 1, 700, currency: "JPY"))
            .Confirmed("o2", "2010-12-01T08:00:00Z", Line("A", 1, 100, currency: "EUR"))
            .Confirmed("o3", "2010-12-01T08:00:00Z", Line("A", 1, 100, currency: "EUR")));
        (await December(currency: "JPY")).Gross.ShouldBe(new MoneyBody("700", "JPY", 700));
        (await December(currency: "")).Gross.ShouldBe(new MoneyBody("2.00", "EUR", 200));
        (await December(currency: "GBP")).Orders.ShouldBe(0);
    }
}

public sealed class RevenueOnSqliteTests() : RevenueTests(OnSqlite);

public sealed class RevenueOnPostgresTests(Postgres server) : RevenueTests(On(server));
