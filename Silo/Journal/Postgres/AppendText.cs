using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// How an append stands in its row: <c>{"at", "occurred", "actor", "correlation", "trace", "events": [{"id", "type", "data"}]}</c>. The data of an event is
/// there as it was written, to the byte.
/// </summary>
internal static class AppendText
{
    private static readonly JsonWriterOptions Form = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at"), Occurred = JsonEncodedText.Encode("occurred"), Actor = JsonEncodedText.Encode("actor"),
        Correlation = JsonEncodedText.Encode("correlation"), Trace = JsonEncodedText.Encode("trace"), Happened = JsonEncodedText.Encode("events"),
        Id = JsonEncodedText.Encode("id"), Type = JsonEncodedText.Encode("type"), Data = JsonEncodedText.Encode("data");

    /// <summary>Room for all but the data.</summary>
    private const int Frame = 256;

    public static ReadOnlyMemory<byte> Write(Append append)
    {
        ArgumentNullException.ThrowIfNull(append.Envelope.Actor);
        var room = Frame;
        foreach (var happened in append.Events) room += happened.Data.Length + 96;
        var buffer = new ArrayBufferWriter<byte>(room);
        using (var json = new Utf8JsonWriter(buffer, Form))
        {
            json.WriteStartObject();
            json.WriteString(At, append.RecordedAt.UtcDateTime);
            if (append.OccurredAt != append.RecordedAt) json.WriteString(Occurred, append.OccurredAt.UtcDateTime);
            json.WriteString(Actor, append.Envelope.Actor);
            if (append.Envelope.Correlation is { } correlation) json.WriteString(Correlation, correlation);
            if (append.Envelope.TraceParent is { } trace) json.WriteString(Trace, trace);
            json.WriteStartArray(Happened);
            foreach (var happened in append.Events)
            {
                json.WriteStartObject();
                json.WriteString(Id, happened.Id);
                json.WriteString(Type, happened.Type);
                json.WritePropertyName(Data);
                // What we have just written ourselves need not be read to be known for JSON.
                json.WriteRawValue(happened.Data, skipInputValidation: happened.Event is not null);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The events of a row, in order.</summary>
    public static void Read(string service, in AppendRow row, List<RecordedEvent> into)
    {
        var json = new Utf8JsonReader(row.Data);
        var (at, occurred) = (default(DateTimeOffset), (DateTimeOffset?)null);
        var (actor, correlation, trace) = ("", (string?)null, (string?)null);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(At.EncodedUtf8Bytes)) at = Next(ref json).GetDateTimeOffset();
            else if (json.ValueTextEquals(Occurred.EncodedUtf8Bytes)) occurred = Next(ref json).GetDateTimeOffset();
            else if (json.ValueTextEquals(Actor.EncodedUtf8Bytes)) actor = Next(ref json).GetString()!;
            else if (json.ValueTextEquals(Correlation.EncodedUtf8Bytes)) correlation = Next(ref json).GetString();
            else if (json.ValueTextEquals(Trace.EncodedUtf8Bytes)) trace = Next(ref json).GetString();
            else if (!json.ValueTextEquals(Happened.EncodedUtf8Bytes)) throw Unknown(row);
            else break;
        }

        // The events come last: what they share is known by now.
        json.Read();
        for (var place = 0; json.Read() && json.TokenType == JsonTokenType.StartObject; place++)
        {
            var (id, type, data) = Event(ref json, row);
            into.Add(new RecordedEvent(
                service, 0, row.Position + place, id, row.Stream, row.Version + place, type, occurred ?? at, at, actor, correlation, row.Command, trace, data));
        }
    }

    private static (Guid Id, string Type, byte[] Data) Event(ref Utf8JsonReader json, in AppendRow row)
    {
        var (id, type, data) = (default(Guid), "", Array.Empty<byte>());
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(Id.EncodedUtf8Bytes))
            {
                id = Next(ref json).GetGuid();
            }
            else if (json.ValueTextEquals(Type.EncodedUtf8Bytes))
            {
                type = Next(ref json).GetString()!;
            }
            else if (json.ValueTextEquals(Data.EncodedUtf8Bytes))
            {
                json.Read();
                var begin = (int)json.TokenStartIndex;
                json.Skip();
                data = row.Data[begin..(int)json.BytesConsumed];
            }
            else
            {
                throw Unknown(row);
            }
        }

        return (id, type, data);
    }

    private static JsonException Unknown(in AppendRow row) =>
        new($"The append at position {row.Position} has a field this version of the program does not know; run the version that wrote it, or a newer one.");

    private static ref Utf8JsonReader Next(ref Utf8JsonReader json)
    {
        json.Read();
        return ref json;
    }
}

/// <summary>A row of the table <c>append</c>.</summary>
internal readonly record struct AppendRow(long Position, string Stream, long Version, string? Command, string? Digest, byte[] Data);
