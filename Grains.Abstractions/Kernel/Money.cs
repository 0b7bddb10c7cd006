using System.Globalization;
using System.Text.Json.Serialization;

namespace Commerce.Kernel;

/// <summary>An ISO 4217 currency by its three-letter code, such as <c>GBP</c>.</summary>
/// <param name="Value">The code, upper case.</param>
[GenerateSerializer, Immutable, Alias("commerce.currency")]
[JsonConverter(typeof(TextValueConverter<Currency>))]
public readonly record struct Currency([property: Id(0)] string Value) : ITextValue<Currency>
{
    /// <summary>Codes with their number of decimals (source: ISO 4217, list one). A currency not listed is refused, never guessed.</summary>
    private static readonly Dictionary<string, int> Known = new(StringComparer.Ordinal)
    {
        ["GBP"] = 2, ["EUR"] = 2, ["USD"] = 2, ["AUD"] = 2, ["CAD"] = 2, ["CHF"] = 2, ["CZK"] = 2, ["DKK"] = 2,
        ["NOK"] = 2, ["NZD"] = 2, ["PLN"] = 2, ["SEK"] = 2, ["HUF"] = 2, ["RON"] = 2, ["BGN"] = 2, ["TRY"] = 2,
        ["SGD"] = 2, ["HKD"] = 2, ["CNY"] = 2, ["INR"] = 2, ["BRL"] = 2, ["MXN"] = 2, ["ZAR"] = 2, ["AED"] = 2,
        ["SAR"] = 2, ["ILS"] = 2, ["JPY"] = 0, ["KRW"] = 0, ["ISK"] = 0, ["KWD"] = 3, ["BHD"] = 3,
    };

    /// <summary>Pound sterling.</summary>
    public static readonly Currency GBP = new("GBP");

    /// <summary>How many decimals an amount is written with: 2 for GBP, 0 for JPY.</summary>
    public int Decimals => Known[Value];

    /// <summary>How many minor units make one major unit: 100 for GBP.</summary>
    public int MinorPerMajor => Decimals switch { 0 => 1, 2 => 100, 3 => 1000, _ => throw new InvalidOperationException($"{Value} has {Decimals} decimals.") };

    /// <summary>Reads a code; false when it is not one of the supported currencies.</summary>
    public static bool TryParse(string? text, out Currency currency)
    {
        currency = new(text ?? "");
        return text is not null && Known.ContainsKey(text);
    }

    /// <inheritdoc/>
    public static Currency FromStored(string value) => new(value);

    /// <inheritdoc/>
    public static bool IsShared => true;

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>An amount in minor units (pence) of one currency. Arithmetic never mixes currencies and never rounds.</summary>
/// <param name="Minor">Minor units; may be negative where a balance may.</param>
/// <param name="Currency">The currency.</param>
[GenerateSerializer, Immutable, Alias("commerce.money")]
public readonly record struct Money([property: Id(0)] long Minor, [property: Id(1)] Currency Currency) : IComparable<Money>
{
    /// <summary>The most one order may come to, in minor units (domain limit: 10^12).</summary>
    public const long OrderLimit = 1_000_000_000_000;

    /// <summary>Nothing, in a currency.</summary>
    public static Money Zero(Currency currency) => new(0, currency);

    /// <summary>The amount as people write it: <c>12.90</c>.</summary>
    [JsonIgnore]
    public string Amount => ((decimal)Minor / Currency.MinorPerMajor).ToString($"F{Currency.Decimals}", CultureInfo.InvariantCulture);

    /// <summary>Sum of two amounts of one currency.</summary>
    public static Money operator +(Money a, Money b) => new(checked(a.Minor + Same(a, b).Minor), a.Currency);

    /// <summary>Difference of two amounts of one currency.</summary>
    public static Money operator -(Money a, Money b) => new(checked(a.Minor - Same(a, b).Minor), a.Currency);

    /// <summary>Whether one amount is above another of the same currency.</summary>
    public static bool operator >(Money a, Money b) => a.Minor > Same(a, b).Minor;

    /// <summary>Whether one amount is below another of the same currency.</summary>
    public static bool operator <(Money a, Money b) => a.Minor < Same(a, b).Minor;

    /// <summary>Whether one amount is not below another of the same currency.</summary>
    public static bool operator >=(Money a, Money b) => a.Minor >= Same(a, b).Minor;

    /// <summary>Whether one amount is not above another of the same currency.</summary>
    public static bool operator <=(Money a, Money b) => a.Minor <= Same(a, b).Minor;

    /// <inheritdoc/>
    public int CompareTo(Money other) => Minor.CompareTo(Same(this, other).Minor);

    /// <inheritdoc/>
    public override string ToString() => $"{Amount} {Currency}";

    private static Money Same(Money a, Money b) => a.Currency == b.Currency
        ? b
        : throw new InvalidOperationException($"{a.Currency} and {b.Currency} do not add up.");
}

/// <summary>The price of one unit in major units. It may have more decimals than the currency; the line amount is rounded, once, half-up.</summary>
/// <param name="Amount">Major units, at most six decimals.</param>
/// <param name="Currency">The currency.</param>
[GenerateSerializer, Immutable, Alias("commerce.unit-price")]
public readonly record struct UnitPrice([property: Id(0)] decimal Amount, [property: Id(1)] Currency Currency)
{
    /// <summary>The price of one unit given in minor units.</summary>
    public static UnitPrice Of(Money money) => new((decimal)money.Minor / money.Currency.MinorPerMajor, money.Currency);

    /// <summary>The amount of a line: price × quantity, rounded half-up (away from zero) to the minor unit.</summary>
    public Money Times(int quantity) =>
        new((long)Math.Round(Amount * quantity * Currency.MinorPerMajor, 0, MidpointRounding.AwayFromZero), Currency);

    /// <inheritdoc/>
    public override string ToString() => $"{Amount.ToString(CultureInfo.InvariantCulture)} {Currency}";
}
