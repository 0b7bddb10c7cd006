using System.Text.Json;
using System.Text.Json.Serialization;

namespace Commerce.Kernel;

/// <summary>A type of ours that is one piece of text: an id, a SKU, a currency.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface ITextValue<TSelf> where TSelf : struct, ITextValue<TSelf>
{
    /// <summary>The text as it is stored and shown.</summary>
    string Value { get; }

    /// <summary>Takes text that was once <see cref="Value"/>; it is not checked again.</summary>
    static abstract TSelf FromStored(string value);

    /// <summary>Whether many things have the same: what is read of it is kept once (<see cref="SharedText"/>).</summary>
    static virtual bool IsShared => false;
}

/// <summary>Writes a text value as a JSON string, as a property's value and as its name.</summary>
/// <typeparam name="T">The text value.</typeparam>
public sealed class TextValueConverter<T> : JsonConverter<T> where T : struct, ITextValue<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.FromStored((T.IsShared ? SharedText.Read(ref reader) : reader.GetString()) ?? throw new JsonException($"{typeof(T).Name} is never null."));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.FromStored(reader.GetString()!);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Value);
}
