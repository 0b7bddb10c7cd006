using System.Globalization;
using Commerce.Kernel;

namespace Commerce.Gateway.Products;

/// <summary>Prices from one to another, both included, in minor units of one currency. Written <c>GBP:1000-1999</c>.</summary>
/// <param name="Currency">The currency.</param>
/// <param name="From">The lowest.</param>
/// <param name="To">The highest.</param>
public sealed record PriceRange(Currency Currency, long From, long To)
{
    /// <summary>The end of the first band. The others end where the leading digit has doubled to 2, 5 and 10: some thirty reach the dearest unit.</summary>
    private const long First = 100;

    /// <summary>The band of a price: 0–99, 100–199, 200–499, 500–999, 1000–1999 … minor units. Bands depend on nothing else, so each of them stays what it is whatever a search finds.</summary>
    public static PriceRange BandOf(Money price)
    {
        var (from, next) = (0L, First);
        for (var step = 0; next <= price.Minor; step++) (from, next) = (next, step % 3 == 1 ? next / 2 * 5 : next * 2);
        return new(price.Currency, from, next - 1);
    }

    /// <summary>Reads a range.</summary>
    public static bool TryParse(string text, out PriceRange? range)
    {
        range = text.Split(':') is [var code, var span] && span.Split('-') is [var low, var high]
            && Currency.TryParse(code, out var currency) && Minor(low) is { } from && Minor(high) is { } to && from <= to
                ? new PriceRange(currency, from, to)
                : null;
        return range is not null;
    }

    /// <summary>Whether a price lies in it.</summary>
    public bool Contains(Money price) => price.Currency == Currency && price.Minor >= From && price.Minor <= To;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Currency}:{From}-{To}");

    private static long? Minor(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : null;
}
