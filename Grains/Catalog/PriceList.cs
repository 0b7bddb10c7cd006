using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Catalog;

/// <summary>A price and its time.</summary>
/// <param name="Price">Price of one unit.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive; null for open-ended.</param>
public sealed record PricePeriod(Money Price, DateTimeOffset From, DateTimeOffset? To)
{
    /// <summary>Whether an instant lies in it.</summary>
    public bool Contains(DateTimeOffset at) => From <= at && (To is not { } to || at < to);

    /// <summary>Whether all of another time lies in it.</summary>
    public bool Covers(DateTimeOffset from, DateTimeOffset? to) => From <= from && (To is null || (to is not null && to <= To));
}

/// <summary>A product's prices. Invariant: <c>∀ currency, instant: |{ p : p.Currency = currency ∧ instant ∈ [p.From, p.To) }| ≤ 1</c>.</summary>
/// <param name="Periods">By currency, then by time, so that one is found by halving; never two of one currency that overlap.</param>
public sealed record PriceList(ImmutableArray<PricePeriod> Periods)
{
    /// <summary>No price yet.</summary>
    public static readonly PriceList Empty = new([]);

    /// <summary>The price of an instant, if there is one.</summary>
    public Money? At(Currency currency, DateTimeOffset instant) =>
        Begun(currency, instant) is { } last && Periods[last].Contains(instant) ? Periods[last].Price : null;

    /// <summary>The prices of an instant, one per currency.</summary>
    public ImmutableArray<Money> At(DateTimeOffset instant) => [.. Periods.Where(p => p.Contains(instant)).Select(p => p.Price)];

    /// <summary>When the prices of an instant are first others; null: never.</summary>
    public DateTimeOffset? ChangesAfter(DateTimeOffset instant) =>
        Periods.SelectMany(p => (DateTimeOffset?[])[p.From, p.To]).Where(at => at > instant).Min();

    /// <summary>Whether this price holds all this time already.</summary>
    public bool Has(Money price, DateTimeOffset from, DateTimeOffset? to) =>
        Begun(price.Currency, from) is { } last && Periods[last].Price == price && Periods[last].Covers(from, to);

    /// <summary>A price for a time; it cuts out of the others what it overlaps, so a sale ends by itself and the price before it comes back.</summary>
    public PriceList With(PricePeriod added)
    {
        var currency = added.Price.Currency;
        var first = Begun(currency, added.From) ?? CountUpTo(currency, added.From);
        var end = CountUpTo(currency, added.To?.AddTicks(-1) ?? DateTimeOffset.MaxValue);
        return new([.. Periods[..first], .. Periods[first..end].SelectMany(p => Rest(p, added)).Append(added).OrderBy(p => p.From), .. Periods[end..]]);
    }

    /// <summary>The same without what was over at an instant; null: never.</summary>
    public PriceList Since(DateTimeOffset? instant) => new(Periods.RemoveAll(p => p.To <= instant));

    // Where the period is that was the last of a currency to begin by an instant, if any had.
    private int? Begun(Currency currency, DateTimeOffset instant) =>
        CountUpTo(currency, instant) - 1 is >= 0 and var last && Periods[last].Price.Currency == currency ? last : null;

    // How many periods come before those of a currency that begin after an instant.
    private int CountUpTo(Currency currency, DateTimeOffset instant)
    {
        var (low, high) = (0, Periods.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(Periods[middle].Price.Currency.Value, currency.Value);
            if (order < 0 || (order == 0 && Periods[middle].From <= instant)) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static IEnumerable<PricePeriod> Rest(PricePeriod old, PricePeriod added)
    {
        if (old.From < added.From) yield return old with { To = old.To < added.From ? old.To : added.From };
        if (added.To is { } end && (old.To is null || end < old.To)) yield return old with { From = old.From > end ? old.From : end };
    }
}
