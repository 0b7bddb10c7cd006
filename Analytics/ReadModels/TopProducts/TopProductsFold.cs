using System.Collections.Immutable;
using System.Globalization;
using Commerce.Orders;

namespace Commerce.Analytics.ReadModels.TopProducts;

/// <summary>What was sold per SKU, currency and day of event time, before refunds; and under which title it was sold last.</summary>
internal sealed class TopProductsFold
{
    public const string Name = "top-products";

    public Dictionary<(string Sku, string Currency, DateOnly Day), ProductSums> Days { get; } = [];

    public Dictionary<string, (string Title, DateTime At)> Titles { get; } = new(StringComparer.Ordinal);

    public void Sold(DateTime at, ImmutableArray<SoldLine> lines)
    {
        foreach (var line in lines)
        {
            var key = (line.Sku.Value, line.Amount.Currency.Value, DateOnly.FromDateTime(at));
            Days[key] = Days.GetValueOrDefault(key).Plus(new ProductSums(line.Amount.Minor, line.Quantity));

            // The title of the sale that happened last; of two at one instant, of the one recorded last.
            if (!Titles.TryGetValue(line.Sku.Value, out var known) || at >= known.At) Titles[line.Sku.Value] = (Storable(line.Title), at);
        }
    }

    /// <summary>How a day is stored; it sorts as text.</summary>
    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // PostgreSQL has no text with the character zero in it; what is stored is the same everywhere.
    private static string Storable(string title) => title.Replace('\0', ' ');

    public static string Row(string sku, string currency, string day, ProductSums sums) => $"{sku}|{currency}|{day}|{sums.Revenue}|{sums.Units}";

    public static string Row(string sku, string title, long ticks) => $"{sku}|{title}|{ticks}";

    public IEnumerable<string> Rows() => Days.Select(entry => Row(entry.Key.Sku, entry.Key.Currency, Day(entry.Key.Day), entry.Value))
        .Concat(Titles.Select(entry => Row(entry.Key, entry.Value.Title, entry.Value.At.Ticks)));
}

/// <summary>Sales of one SKU, in minor units and units.</summary>
internal readonly record struct ProductSums(long Revenue, long Units)
{
    public ProductSums Plus(ProductSums other) => checked(new(Revenue + other.Revenue, Units + other.Units));
}
