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
/// <param name="Periods">Never two of one currency that overlap.</param>
public sealed record PriceList(ImmutableArray<PricePeriod> Periods)
{
    /// <summary>No price yet.</summary>
    public static readonly PriceList Empty = new([]);

    /// <summary>The price of an instant, if there is one.</summary>
    public Money? At(Currency currency, DateTimeOffset instant) =>
        Periods.FirstOrDefault(p => p.Price.Currency == currency && p.Contains(instant))?.Price;

    /// <summary>The prices of an instant, one per currency.</summary>
    public ImmutableArray<Money> At(DateTimeOffset instant) =>
        [.. Periods.Where(p => p.Contains(instant)).Select(p => p.Price).OrderBy(p => p.Currency.Value, StringComparer.Ordinal)];

    /// <summary>When the prices of an instant are first others; null: never.</summary>
    public DateTimeOffset? ChangesAfter(DateTimeOffset instant) =>
        Periods.SelectMany(p => (DateTimeOffset?[])[p.From, p.To]).Where(at => at > instant).Min();

    /// <summary>Whether this price holds all this time already.</summary>
    public bool Has(Money price, DateTimeOffset from, DateTimeOffset? to) => Periods.Any(p => p.Price == price && p.Covers(from, to));

    /// <summary>A price for a time; it cuts out of the others what it overlaps, so a sale ends by itself and the price before it comes back.</summary>
    public PriceList With(PricePeriod added) =>
        new([.. Periods.SelectMany(p => p.Price.Currency == added.Price.Currency ? Rest(p, added) : [p]).Append(added).OrderBy(p => p.From)]);

    private static IEnumerable<PricePeriod> Rest(PricePeriod old, PricePeriod added)
    {
        if (old.From < added.From) yield return old with { To = old.To < added.From ? old.To : added.From };
        if (added.To is { } end && (old.To is null || end < old.To)) yield return old with { From = old.From > end ? old.From : end };
    }
}
