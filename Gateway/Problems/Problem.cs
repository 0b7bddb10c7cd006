using System.Text.Json.Serialization;

namespace Commerce.Gateway.Problems;

/// <summary>What a caller reads when the answer is no: RFC 9457 with a stable code.</summary>
/// <param name="Type">Stable name of the kind of problem: <c>urn:commerce:problem:out-of-stock</c>.</param>
/// <param name="Title">The kind of problem in a few words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The kind of problem for programs: <c>out-of-stock</c>.</param>
/// <param name="Detail">This problem in one sentence, with the cure.</param>
/// <param name="Errors">The places in the request it is about.</param>
/// <param name="Retryable">Whether the same request may succeed later, unchanged.</param>
/// <param name="TraceId">Finds the request in logs and traces.</param>
public sealed record Problem(
    string Type, string Title, int Status, string Code, string Detail, IReadOnlyList<ProblemPlace> Errors, bool Retryable, string TraceId)
{
    /// <summary>The order it is about, when a checkout ended in a refusal.</summary>
    public string? OrderId { get; init; }

    /// <summary>Number of that order, for people.</summary>
    public string? Number { get; init; }

    /// <summary>Where in the queue a checkout is that has to wait for its turn: 1 is next.</summary>
    public int? Position { get; init; }

    /// <summary>Seconds after which to try again, also in the <c>Retry-After</c> header.</summary>
    [JsonIgnore]
    public int? RetryAfter { get; init; }
}

/// <summary>One place in a request.</summary>
/// <param name="Pointer">JSON pointer into the request body, or the name of a header or query parameter.</param>
/// <param name="Message">What is wrong there, and what would be right.</param>
/// <param name="Sku">The SKU it is about.</param>
/// <param name="Asked">Units asked for by all lines of this SKU together.</param>
/// <param name="Available">Units still available.</param>
public sealed record ProblemPlace(string Pointer, string Message, string? Sku = null, int? Asked = null, int? Available = null);
