using System.Diagnostics.Metrics;
using Commerce.Kit.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Orders;

public sealed class UnsettledSalesTests
{
    [Fact]
    public void It_measures_what_the_settlement_says()
    {
        using var provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = provider.GetRequiredService<IMeterFactory>();
        var unsettled = new UnsettledSales(meters) { Count = 7 };
        using var measured = new Measured("commerce.sales.unsettled", meters);

        measured.Now().ShouldBe([7]);
        unsettled.Count = 0;
        measured.Now().ShouldBe([0]);
    }
}
