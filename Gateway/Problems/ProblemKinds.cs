using System.Collections.Frozen;

namespace Commerce.Gateway.Problems;

/// <summary>The error table of the HTTP interface: every code with its status. A refusal whose code is not here is a fault.</summary>
public static class ProblemKinds
{
    /// <summary>One row of the table.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Title">The kind of problem in a few words.</param>
    /// <param name="Retryable">Whether the same request may succeed later, unchanged.</param>
    public sealed record Kind(int Status, string Title, bool Retryable = false);

    /// <summary>Anything nobody foresaw.</summary>
    public const string Internal = "internal-error";

    /// <summary>The table.</summary>
    public static readonly FrozenDictionary<string, Kind> ByCode = new Dictionary<string, Kind>(StringComparer.Ordinal)
    {
        ["validation-failed"] = new(400, "The request is not valid"),
        ["unauthenticated"] = new(401, "A token is needed"),
        ["forbidden"] = new(403, "This token does not allow that"),
        ["not-found"] = new(404, "There is no such thing"),
        ["method-not-allowed"] = new(405, "The resource does not know this method"),
        ["out-of-stock"] = new(409, "Not enough in stock"),
        ["cart-frozen"] = new(409, "The cart belongs to an order"),
        ["quote-changed"] = new(409, "Prices have changed"),
        ["illegal-transition"] = new(409, "Not possible in this state"),
        ["idempotency-in-progress"] = new(409, "The first try is still running", Retryable: true),
        ["version-mismatch"] = new(412, "It has changed since it was read"),
        ["payload-too-large"] = new(413, "The request is too large"),
        ["unsupported-media-type"] = new(415, "The body is not JSON"),
        ["card-data-rejected"] = new(422, "Card data is not accepted"),
        ["idempotency-key-reused"] = new(422, "The idempotency key stands for another request"),
        ["promotion-exhausted"] = new(422, "The promotion is used up"),
        ["precondition-required"] = new(428, "If-Match is needed"),
        ["rate-limited"] = new(429, "Too many requests", Retryable: true),
        [Internal] = new(500, "A fault on our side"),
        ["dependency-unavailable"] = new(503, "Something we need is away", Retryable: true),
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
