using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Commerce.Gateway.Access;
using Commerce.Gateway.Carts;
using Commerce.Gateway.Problems;
using Commerce.Kernel;

namespace Commerce.Gateway.Requests;

/// <summary>A route whose POST needs an <c>Idempotency-Key</c>.</summary>
public sealed record KeyNeeded;

/// <summary>
/// The <c>Idempotency-Key</c> header. The key and a digest of the request travel to the addressed aggregate, whose journal remembers them: the
/// same key again answers the current state, with other content it is refused. There is no second table to keep in step.
/// </summary>
internal sealed class Idempotency(RequestDelegate next, RecentKeys recent)
{
    /// <summary>The request header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The answer's header when an earlier request did it.</summary>
    public const string Replayed = "Idempotent-Replayed";

    /// <summary>A guest's shorter key could be guessed, or be another guest's.</summary>
    private const int MinGuestKey = 16;

    private static readonly object Item = new();

    private static readonly Refusal Needed = Refusals.Invalid(Header, $"This request needs the header {Header}: a fresh one per request, the same one when it is repeated.");

    private static readonly Refusal Malformed = Refusals.Invalid(Header, $"{Header} is 1 to {CommandKey.MaxLength} printable ASCII characters.");

    /// <summary>The request's key; <see cref="CommandKey.None"/> when it has none.</summary>
    public static CommandKey Of(HttpContext http) => http.Items[Item] is Asked asked ? asked.Key : CommandKey.None;

    /// <summary>Whether a key can be told from other callers' keys: a guest has no name to keep short ones apart by.</summary>
    public static bool IsTheirs(Caller caller, string key) => caller.IsOperator || key.Length >= MinGuestKey;

    public Task InvokeAsync(HttpContext http) => HttpMethods.IsPost(http.Request.Method) ? Keyed(http) : next(http);

    private async Task Keyed(HttpContext http)
    {
        var (asked, wrong) = Read(http);
        http.Items[Item] = asked;
        var (remembered, scope, path) = (asked is not null && IsTheirs(http.Caller(), asked.Id), http.Caller().Scope, http.Request.Path);
        if (remembered && recent.Find(scope, path, asked!.Id) is { } known && known != asked.Key.Digest) wrong = KernelErrors.KeyReused(asked.Id);

        await (wrong is null ? next(http) : http.Refuse(wrong));
        // A route that never asked for the key did nothing under it.
        if (remembered && asked!.IsNamed && http.Response.StatusCode is >= 200 and < 300) recent.Remember(scope, path, asked.Key);
    }

    private static (Asked? Asked, Refusal? Wrong) Read(HttpContext http)
    {
        if (!http.Request.Headers.TryGetValue(Header, out var sent))
            return (null, http.GetEndpoint()?.Metadata.GetMetadata<KeyNeeded>() is null ? null : Needed);

        var key = CartAddress.Hide(sent.ToString());
        if (sent.Count != 1 || key.Length is 0 or > CommandKey.MaxLength || key.AsSpan().ContainsAnyExceptInRange(' ', '~')) return (null, Malformed);
        // The journal keeps it.
        return IsCard(key) ? (null, Refusals.CardData) : (new Asked(key, http), null);
    }

    // Only a key that is nothing but a number, and begins as cards do: names of files and orders hold digits that are no card, and counters and clocks begin with 0 and 1.
    private static bool IsCard(string key) =>
        !key.AsSpan().ContainsAnyExcept("0123456789 -") && key.AsSpan().Trim(" -") is [>= '2' and <= '6', ..] && CardNumbers.Holds(null, Encoding.ASCII.GetBytes(key));

    /// <summary>Names a request's content; the order of fields and white space do not matter.</summary>
    internal static string Digest(string method, PathString path, ReadOnlyMemory<byte> body)
    {
        var canonical = new ArrayBufferWriter<byte>(body.Length + 128);
        canonical.Write(Encoding.UTF8.GetBytes($"{method} {path}\n"));
        if (body.Length > 0)
        {
            using var json = JsonDocument.Parse(body);
            using var writer = new Utf8JsonWriter(canonical, new JsonWriterOptions { SkipValidation = true });
            Write(json.RootElement, writer);
        }

        return Convert.ToHexStringLower(SHA256.HashData(canonical.WrittenSpan).AsSpan(0, 8));
    }

    private static void Write(JsonElement json, Utf8JsonWriter writer)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var field in json.EnumerateObject().OrderBy(field => field.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(field.Name);
                    Write(field.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray()) Write(item, writer);
                writer.WriteEndArray();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    // The content is named when somebody asks for its name: who is told that there is nothing left to buy has changed nothing.
    private sealed class Asked(string id, HttpContext http)
    {
        private CommandKey _key = CommandKey.None;

        public string Id => id;

        public bool IsNamed => _key.IsGiven;

        public CommandKey Key => _key.IsGiven ? _key : _key = new(id, Digest(http.Request.Method, http.Request.Path, BodyGuard.Of(http)));
    }
}

/// <summary>Declares that a route needs a key.</summary>
public static class KeyedRoutes
{
    /// <summary>POST here needs an <c>Idempotency-Key</c>.</summary>
    public static T NeedsKey<T>(this T routes) where T : IEndpointConventionBuilder => routes.WithMetadata(new KeyNeeded());
}
