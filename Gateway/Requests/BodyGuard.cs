using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Microsoft.Net.Http.Headers;

namespace Commerce.Gateway.Requests;

/// <summary>A route whose body is signed by who sent it: its form is theirs, and only what its own reader looks for is used. Nothing of it is kept or logged.</summary>
public sealed record SignedBody;

/// <summary>
/// Reads a request's body once, whole, before anything is made of it: size, encoding, JSON, depth, card data. What it refuses is neither
/// kept nor logged, and nothing has changed. What passes stays at hand as bytes, for the idempotency digest.
/// </summary>
internal sealed class BodyGuard(RequestDelegate next)
{
    /// <summary>Bytes made room for before any has come; most bodies are shorter.</summary>
    private const int FirstRoom = 4 * 1024;

    private static readonly object Key = new();

    private static readonly Refusal NotUtf8 = KernelErrors.Invalid("", "The body is not UTF-8 text.");

    private static readonly Refusal TooDeep = KernelErrors.Invalid("", $"The body is nested deeper than {GatewayOptions.MaxDepth} levels.");

    // PostgreSQL keeps it in no text, and its own JSON reader stops at it.
    private static readonly Refusal NotText = KernelErrors.Invalid("", "A text in the body holds the character U+0000; leave it out.");

    private static readonly Refusal NullInList = KernelErrors.Invalid("", "A list in the body holds null; leave that element out.");

    /// <summary>The body as it came; empty when there was none.</summary>
    public static ReadOnlyMemory<byte> Of(HttpContext http) => http.Items[Key] is ReadOnlyMemory<byte> body ? body : default;

    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint() is not RouteEndpoint || HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? next(http) : Guard(http);

    private async Task Guard(HttpContext http)
    {
        if (http.Request.ContentLength > GatewayOptions.MaxBody || await Read(http.Request) is not { } body)
        {
            await http.Refuse(Refusals.TooLarge);
            return;
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<SignedBody>() is null && (CheckAddress(http.Request) ?? CheckCharset(http.Request) ?? Check(body.Span)) is { } refusal)
        {
            await http.Refuse(refusal);
            return;
        }

        http.Items[Key] = body;
        http.Request.Body = MemoryMarshal.TryGetArray(body, out var bytes) ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false) : Stream.Null;
        await next(http);
    }

    private static async Task<ReadOnlyMemory<byte>?> Read(HttpRequest request)
    {
        // A length is only announced; room grows with what has come.
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(request.ContentLength ?? 0, 256, FirstRoom));
        while (true)
        {
            var read = await request.Body.ReadAsync(body.GetMemory(1), request.HttpContext.RequestAborted);
            if (read == 0) return body.WrittenMemory;
            body.Advance(read);
            if (body.WrittenCount > GatewayOptions.MaxBody) return null;
        }
    }

    // A SKU that nobody ever stocked begins with its first adjustment: the address, too, is text that is kept.
    private static Refusal? CheckAddress(HttpRequest request) =>
        request.RouteValues["sku"] is string sku && CardNumbers.Holds("sku", Encoding.UTF8.GetBytes(sku)) ? Refusals.CardData : null;

    // The reader behind would read the bytes in the charset they are said to have: what is read must be what was checked.
    private static Refusal? CheckCharset(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return null;
        if (!HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return Refusals.NotJson;

        // It does not know the name in quotes.
        type.Charset = "utf-8";
        request.ContentType = type.ToString();
        return null;
    }

    internal static Refusal? Check(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) return null;
        if (!Utf8.IsValid(body)) return NotUtf8;
        // Depth is counted here, so that too deep is told from broken; the reader's own limit only has to lie beyond ours.
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = GatewayOptions.MaxDepth * 2 });
        string? field = null;
        // Whether each open level is an array: nothing here takes a list with holes in it.
        Span<bool> arrays = stackalloc bool[GatewayOptions.MaxDepth * 2 + 1];
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= GatewayOptions.MaxDepth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) return TooDeep;
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) arrays[reader.CurrentDepth] = reader.TokenType == JsonTokenType.StartArray;
                if (reader.TokenType == JsonTokenType.Null && reader.CurrentDepth > 0 && arrays[reader.CurrentDepth - 1]) return NullInList;
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    field = reader.GetString();
                    if (field!.Contains('\0')) return NotText;
                    if (CardNumbers.IsCardField(field!)) return Refusals.CardData;
                }
                else if (reader.TokenType == JsonTokenType.String)
                {
                    var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
                    if (text.Contains((byte)0)) return NotText;
                    if (CardNumbers.Holds(field, text)) return Refusals.CardData;
                }
            }
        }
        catch (JsonException broken)
        {
            return KernelErrors.Invalid("", $"The body is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            return KernelErrors.Invalid("", "A text in the body has an escape that stands for no character.");
        }

        return null;
    }
}
