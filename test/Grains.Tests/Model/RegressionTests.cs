namespace Commerce.Model;

/// <summary>Real bugs of other shops, by their numbers. Each is searched for in every world of a small shop, and found as soon as its cure is taken away.</summary>
public sealed class RegressionTests
{
    [Fact]
    public void Medusa16825_Two_orders_for_the_last_unit() => IsKeptOutBy(Cure.CountHolds, "two for the last unit");

    [Fact]
    public void Medusa16502_Bundle_oversells_inside_one_cart() => IsKeptOutBy(Cure.SumDemand, "a bundle");

    [Fact]
    public void Medusa14758_Second_identical_request() => IsKeptOutBy(Cure.RememberKeys, "one key twice");

    [Fact]
    public void Saleor543_Concurrent_checkout() => IsKeptOutBy(Cure.OneLiveOrder, "one cart twice");

    [Fact]
    public void Saleor14128_Paid_order_expired() => IsKeptOutBy(Cure.WaitForTheTruth, "silence");

    [Fact]
    public void Woo67354_Own_hold() => IsKeptOutBy(Cure.ReplaceOwnHold, "own hold");

    private static void IsKeptOutBy(Cure cure, string shop)
    {
        ModelTests.Explore(shop).Broken.ShouldBeEmpty();
        ModelTests.Explore(shop, without: cure).Broken.ShouldNotBeEmpty();
    }
}
