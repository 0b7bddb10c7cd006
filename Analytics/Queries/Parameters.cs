using System.Globalization;
using Commerce.Kernel;
using Commerce.Analytics.Store;

namespace Commerce.Analytics.Queries;

/// <summary>Query parameters, read and checked.</summary>
internal static class Parameters
{
    private const int MostItems = 1_000;

    public static string OneOf(string name, string? text, params ReadOnlySpan<string> choices)
    {
        if (string.IsNullOrEmpty(text)) return choices[0];
        return choices.Contains(text) ? text : throw new BadQuestion(name, $"'{name}' is one of {string.Join(", ", choices.ToArray())}.");
    }

    public static int Limit(string? text, int unlessGiven)
    {
        if (string.IsNullOrEmpty(text)) return unlessGiven;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MostItems
            ? limit
            : throw new BadQuestion("limit", $"'limit' is a number from 1 to {MostItems}.");
    }

    /// <summary>The currency asked for; unless given, the one most orders were in, so that a shop with one currency need not name it.</summary>
    public static async Task<Currency> Currency(Session db, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return await db.Rows("select currency from revenue group by currency order by sum(orders) desc, currency limit 1", row => Kernel.Currency.FromStored(row.GetString(0)))
                .FirstOrDefaultAsync(Kernel.Currency.GBP);
        return Kernel.Currency.TryParse(text, out var currency)
            ? currency
            : throw new BadQuestion("currency", "'currency' is not a currency the shop knows; send an ISO 4217 code such as GBP.");
    }
}
