using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Commerce.Inventory;

/// <summary>
/// How many holds are open, as a measurement: <c>Σ holds of the SKUs in this silo's memory</c>. A hold lives for minutes, its SKU stays in memory longer than
/// that. They are counted when somebody asks; reserving costs nothing by it.
/// </summary>
public sealed class OpenHolds
{
    private readonly ConcurrentDictionary<object, Func<Holds>> _inMemory = [];

    /// <summary>Measures under <c>commerce.stock.holds</c>.</summary>
    public OpenHolds(IMeterFactory meters) => meters.Create("Commerce.Inventory").CreateObservableGauge(
        "commerce.stock.holds", () => _inMemory.Values.Sum(holds => (long)holds().Count), "{hold}", "Holds of the SKUs in this silo's memory.");

    /// <summary>A SKU's holds count from now on.</summary>
    internal void Add(object sku, Func<Holds> holds) => _inMemory[sku] = holds;

    /// <summary>A SKU has left memory.</summary>
    internal void Remove(object sku) => _inMemory.TryRemove(sku, out _);
}
