using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;

namespace Commerce.Gateway.Requests;

/// <summary>
/// Recognises what looks like a payment card: 13 to 19 digits with a valid check digit (Luhn), alone or in groups parted by one space or dash.
/// A longer run of digits is no card, nor is what stands in a UUID or in a hexadecimal identifier.
/// </summary>
public static partial class CardNumbers
{
    private const int Shortest = 13, Longest = 19, LongestBarcode = 14;

    // Fields whose form is checked, whose value is looked up and never kept; digests are full of digits.
    private static readonly FrozenSet<string> Lookups = new[] { "cartId", "from", "quoteHash" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Fields = new[]
    {
        "cvv", "cvv2", "cvc", "cvc2", "csc", "cardnumber", "cardno", "cardnum", "ccnumber", "creditcard", "creditcardnumber", "pan", "securitycode",
        "cardsecuritycode", "cardverificationvalue",
    }.ToFrozenSet(StringComparer.Ordinal);

    // Barcodes of 13 or 14 digits are SKUs in many shops; one in ten passes for a card by chance. A line without an id of its own is named after its SKU.
    private static readonly FrozenSet<string> Barcodes = new[] { "sku", "lineId" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a field is made for card data.</summary>
    public static bool IsCardField(string name) =>
        Fields.Contains(name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant());

    /// <summary>Whether the value of a field holds a card number.</summary>
    public static bool Holds(string? field, ReadOnlySpan<byte> text)
    {
        if (text.Length < Shortest || field is not null && Lookups.Contains(field)) return false;
        return !(field is not null && Barcodes.Contains(field) && text.Length <= LongestBarcode) && Holds(text);
    }

    /// <summary>Whether a text holds a card number.</summary>
    public static bool Holds(ReadOnlySpan<byte> text) => Shows(text) && Shows(Encoding.Latin1.GetBytes(Identifiers().Replace(Encoding.Latin1.GetString(text), "x")));

    private static bool Shows(ReadOnlySpan<byte> text)
    {
        Span<int> starts = stackalloc int[Longest + 1];
        Span<byte> digits = stackalloc byte[64];
        var (groups, count) = (0, 0);
        var inGroup = false;
        for (var i = 0; i <= text.Length; i++)
        {
            var c = i < text.Length ? text[i] : (byte)0;
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                if (!inGroup) (groups, inGroup) = (Begin(starts, groups, digits, ref count), true);
                if (count - starts[groups - 1] > Longest || count == digits.Length)
                {
                    // A group too long for a card: nothing that holds it can be one.
                    while (i + 1 < text.Length && text[i + 1] is >= (byte)'0' and <= (byte)'9') i++;
                    (groups, count, inGroup) = (0, 0, false);
                    continue;
                }

                digits[count++] = (byte)(c - '0');
                continue;
            }

            if (inGroup && EndsInCard(digits[..count], starts[..groups])) return true;
            var parts = inGroup && c is (byte)' ' or (byte)'-';
            inGroup = false;
            if (!parts) (groups, count) = (0, 0);
        }

        return false;
    }

    // Forgets groups that lie too far back to belong to a card that begins now or later.
    private static int Begin(Span<int> starts, int groups, Span<byte> digits, ref int count)
    {
        while (groups > 0 && (count - starts[0] >= Longest || groups == starts.Length))
        {
            var drop = groups > 1 ? starts[1] : count;
            digits[drop..count].CopyTo(digits);
            for (var g = 1; g < groups; g++) starts[g - 1] = starts[g] - drop;
            (groups, count) = (groups - 1, count - drop);
        }

        starts[groups] = count;
        return groups + 1;
    }

    private static bool EndsInCard(ReadOnlySpan<byte> digits, ReadOnlySpan<int> starts)
    {
        foreach (var start in starts)
            if (digits.Length - start is >= Shortest and <= Longest && Luhn(digits[start..])) return true;
        return false;
    }

    private static bool Luhn(ReadOnlySpan<byte> digits)
    {
        var (sum, distinct) = (0, 0);
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)];
            distinct |= 1 << digit;
            sum += i % 2 == 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
        }

        // Thirteen zeros are a placeholder, not a card.
        return sum % 10 == 0 && distinct != 1;
    }

    // One in some hundreds of random ones holds a card's number by chance. A card is shorter.
    [GeneratedRegex("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{24,}", RegexOptions.CultureInvariant)]
    private static partial Regex Identifiers();
}
