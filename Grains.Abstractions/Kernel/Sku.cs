using System.Text.Json.Serialization;

namespace Commerce.Kernel;

/// <summary>
/// A stock-keeping unit's code: trimmed, upper case, 1 to <see cref="MaxLength"/> printable characters. <c>85123a</c> is <c>85123A</c>. It is neither <c>.</c> nor
/// <c>..</c>: in no form would an address keep that.
/// </summary>
/// <param name="Value">The code.</param>
[GenerateSerializer, Immutable, Alias("commerce.sku")]
[JsonConverter(typeof(TextValueConverter<Sku>))]
public readonly record struct Sku([property: Id(0)] string Value) : ITextValue<Sku>
{
    /// <summary>Longest code in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>What a code is, in words.</summary>
    public const string Form = "1 to 64 printable characters, and neither '.' nor '..'";

    /// <summary>Trims, upper-cases and checks.</summary>
    public static bool TryParse(string? text, out Sku sku)
    {
        var code = text?.Trim().ToUpperInvariant() ?? "";
        sku = new(code);
        return code.Length is > 0 and <= MaxLength && !code.Any(char.IsControl) && code is not ("." or "..");
    }

    /// <inheritdoc/>
    public static Sku FromStored(string value) => new(value);

    /// <inheritdoc/>
    public static bool IsShared => true;

    /// <inheritdoc/>
    public override string ToString() => Value;
}
