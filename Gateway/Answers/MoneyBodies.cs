using System.Globalization;
using Commerce.Kernel;

namespace Commerce.Gateway.Answers;

/// <summary>Money as it leaves: <c>{"amount":"12.90","currency":"GBP","minor":1290}</c>.</summary>
/// <param name="Amount">The amount as people write it.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Minor">Minor units (pence).</param>
public sealed record MoneyBody(string Amount, string Currency, long Minor)
{
    /// <summary>Shows money.</summary>
    public static MoneyBody Of(Money money) => new(money.Amount, money.Currency.Value, money.Minor);
}

/// <summary>The price of one unit as it leaves. It may have more decimals than the currency; then there are no minor units.</summary>
/// <param name="Amount">Major units, such as <c>2.5501</c>.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Minor">Minor units, when the price is a whole number of them.</param>
public sealed record UnitPriceBody(string Amount, string Currency, long? Minor)
{
    /// <summary>Shows a price.</summary>
    public static UnitPriceBody Of(UnitPrice price)
    {
        var minor = price.Amount * price.Currency.MinorPerMajor;
        return decimal.IsInteger(minor)
            ? new(new Money((long)minor, price.Currency).Amount, price.Currency.Value, (long)minor)
            : new(price.Amount.ToString("0.############", CultureInfo.InvariantCulture), price.Currency.Value, null);
    }
}

/// <summary>Money as it comes: whole minor units, never a fraction.</summary>
/// <param name="Minor">Minor units (pence).</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record MoneyInput(long Minor, string Currency)
{
    /// <summary>Reads money; the currency must be one we know.</summary>
    public Result<Money> Read(string pointer) => Currencies.Read(Currency, $"{pointer}/currency").Map(currency => new Money(Minor, currency));
}

/// <summary>The price of one unit as importers give it: either minor units, or an exact decimal with at most six decimals.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Minor">Minor units.</param>
/// <param name="Amount">Major units as text, such as <c>"2.5501"</c>.</param>
public sealed record UnitPriceInput(string Currency, long? Minor = null, string? Amount = null)
{
    // A unit dearer than a whole order may be is a slip of the keyboard.
    private const long Dearest = Money.OrderLimit;

    /// <summary>Reads a price.</summary>
    public Result<UnitPrice> Read(string pointer)
    {
        var known = Currencies.Read(Currency, $"{pointer}/currency");
        if (!known.Ok) return known.Refusal!;
        return (Minor, Amount) switch
        {
            ({ } minor, null) when minor is >= 0 and <= Dearest => UnitPrice.Of(new Money(minor, known.Value)),
            (null, { } amount) when Exact(amount) is { } exact => new UnitPrice(exact, known.Value),
            _ => KernelErrors.Invalid(pointer, "A unit price is {\"minor\":255,\"currency\":\"GBP\"} or {\"amount\":\"2.5501\",\"currency\":\"GBP\"}: 0 or more, at most six decimals."),
        };
    }

    private static decimal? Exact(string text) =>
        text.Length is > 0 and <= 20 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
        && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount <= Dearest && amount.Scale <= 6
            ? amount
            : null;
}

/// <summary>Currencies by code.</summary>
internal static class Currencies
{
    /// <summary>Reads a currency; one we do not know is refused, never guessed.</summary>
    public static Result<Currency> Read(string code, string pointer) =>
        Currency.TryParse(code, out var currency) ? currency : KernelErrors.Invalid(pointer, "This is not a currency the shop knows; send an ISO 4217 code such as GBP.");
}

/// <summary>A page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextCursor">Send it as <c>cursor</c> to go on; absent at the end.</param>
/// <typeparam name="T">The items.</typeparam>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
