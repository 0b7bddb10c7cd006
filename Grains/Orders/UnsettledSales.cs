using System.Diagnostics.Metrics;

namespace Commerce.Orders;

/// <summary>How many confirmed orders are not settled, as a measurement where the settlement runs.</summary>
public sealed class UnsettledSales
{
    /// <summary>Measures under <c>commerce.sales.unsettled</c>.</summary>
    public UnsettledSales(IMeterFactory meters) => meters.Create("Commerce.Orders").CreateObservableGauge(
        "commerce.sales.unsettled", () => Count, "{order}", "Confirmed orders whose cart does not know or whose goods are still on hand.");

    internal int Count { get; set; }
}
