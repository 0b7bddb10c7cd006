using Commerce.Analytics.ReadModels.TopProducts;

namespace Commerce.Analytics.ReadModels.StockMovements;

/// <summary>How on hand moved per SKU and day of event time, all locations together: <c>on hand = adjusted in − adjusted out − sold + returned</c>.</summary>
internal sealed class StockMovementsFold
{
    public const string Name = "stock-movements";

    public Dictionary<(string Sku, DateOnly Day), Movements> Days { get; } = [];

    public void Adjusted(string sku, DateTime at, int delta) =>
        Add(sku, at, delta > 0 ? new Movements(delta, 0, 0, 0) : new Movements(0, -(long)delta, 0, 0));

    public void Sold(string sku, DateTime at, int quantity) => Add(sku, at, new Movements(0, 0, quantity, 0));

    public void Returned(string sku, DateTime at, int quantity) => Add(sku, at, new Movements(0, 0, 0, quantity));

    public static string Row(string sku, string day, Movements sums) =>
        $"{sku}|{day}|{sums.AdjustedIn}|{sums.AdjustedOut}|{sums.Sold}|{sums.Returned}";

    public IEnumerable<string> Rows() => Days.Select(entry => Row(entry.Key.Sku, TopProductsFold.Day(entry.Key.Day), entry.Value));

    private void Add(string sku, DateTime at, Movements sums)
    {
        var key = (sku, DateOnly.FromDateTime(at));
        Days[key] = Days.GetValueOrDefault(key).Plus(sums);
    }
}

/// <summary>Movements in units, each counted upwards.</summary>
internal readonly record struct Movements(long AdjustedIn, long AdjustedOut, long Sold, long Returned)
{
    public long OnHand => AdjustedIn - AdjustedOut - Sold + Returned;

    public Movements Plus(Movements other) =>
        checked(new(AdjustedIn + other.AdjustedIn, AdjustedOut + other.AdjustedOut, Sold + other.Sold, Returned + other.Returned));
}
