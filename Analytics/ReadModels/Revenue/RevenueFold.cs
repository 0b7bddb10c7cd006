using System.Collections.Immutable;
using System.Globalization;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Analytics.ReadModels.Revenue;

/// <summary>
/// What was sold and given back, per currency and minute of event time. An order counts (orders, units, gross) when it is confirmed; a return
/// counts as a refund when it is accepted. A confirmed order that is cancelled stays in gross and counts as a refund of its whole gross when the
/// cancellation is complete: so net is right, and no figure already reported for an earlier minute changes.
/// </summary>
internal sealed class RevenueFold(Func<string, Money?> earlier)
{
    public const string Name = "revenue";

    public Dictionary<(string Currency, DateTime Minute), RevenueSums> Minutes { get; } = [];

    /// <summary>What each confirmed order came to: a cancellation does not say it.</summary>
    public Dictionary<string, Money> Confirmed { get; } = new(StringComparer.Ordinal);

    public void Sold(string order, DateTime at, ImmutableArray<SoldLine> lines)
    {
        var gross = Sum(lines);
        Confirmed[order] = gross;
        Add(gross.Currency, at, new RevenueSums(gross.Minor, 0, 1, lines.Sum(line => (long)line.Quantity)));
    }

    public void Refunded(DateTime at, ImmutableArray<SoldLine> lines)
    {
        var amount = Sum(lines);
        Add(amount.Currency, at, new RevenueSums(0, amount.Minor, 0, 0));
    }

    public void Cancelled(string order, DateTime at)
    {
        // An order that was cancelled before it was confirmed was never a sale.
        if ((Confirmed.TryGetValue(order, out var known) ? known : earlier(order)) is { } gross)
            Add(gross.Currency, at, new RevenueSums(0, gross.Minor, 0, 0));
    }

    /// <summary>How a minute is stored: it sorts as text, and its first 13 or 10 characters are its hour and its day.</summary>
    public static string Minute(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);

    public static string Row(string currency, string minute, RevenueSums sums) =>
        $"{currency}|{minute}|{sums.Gross}|{sums.Refunds}|{sums.Orders}|{sums.Units}";

    public static string Row(string order, Money gross) => $"{order}|{gross.Currency}|{gross.Minor}";

    public IEnumerable<string> Rows() => Minutes.Select(bucket => Row(bucket.Key.Currency, Minute(bucket.Key.Minute), bucket.Value))
        .Concat(Confirmed.Select(order => Row(order.Key, order.Value)));

    private void Add(Currency currency, DateTime at, RevenueSums sums)
    {
        var key = (currency.Value, new DateTime(at.Ticks - at.Ticks % TimeSpan.TicksPerMinute, DateTimeKind.Utc));
        Minutes[key] = Minutes.GetValueOrDefault(key).Plus(sums);
    }

    private static Money Sum(ImmutableArray<SoldLine> lines) =>
        lines.Skip(1).Aggregate(lines[0].Amount, (sum, line) => sum + line.Amount);
}

/// <summary>Sums of one bucket, in minor units and units.</summary>
internal readonly record struct RevenueSums(long Gross, long Refunds, long Orders, long Units)
{
    public RevenueSums Plus(RevenueSums other) =>
        checked(new(Gross + other.Gross, Refunds + other.Refunds, Orders + other.Orders, Units + other.Units));
}
