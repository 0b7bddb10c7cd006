using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CommunityToolkit.HighPerformance.Buffers;

namespace Commerce.Kernel;

/// <summary>
/// Text that many carts, orders and events have in common — a SKU, its title, a currency — is kept once, however often it is read from a journal: of an order's lines it was the greater part.
/// </summary>
public sealed class SharedText : JsonConverter<string>
{
    /// <summary>As many as SKUs and titles of a shop of some size. What is forgotten is only kept twice.</summary>
    private const int Most = 32_768;

    private static readonly StringPool Pool = new(Most);

    /// <summary>The text under the reader.</summary>
    public static string? Read(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && !reader.ValueIsEscaped
        ? Pool.GetOrAdd(reader.ValueSpan, Encoding.UTF8)
        : reader.GetString();

    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
