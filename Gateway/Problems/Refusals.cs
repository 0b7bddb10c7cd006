using Commerce.Kernel;

namespace Commerce.Gateway.Problems;

/// <summary>What the edge itself refuses, before any grain is asked.</summary>
public static class Refusals
{
    /// <summary>Nobody said who is calling.</summary>
    public static readonly Refusal TokenNeeded = new("unauthenticated", "Send the operator's token, or the order's own, as 'Authorization: Bearer …'.");

    /// <summary>A token we never gave out.</summary>
    public static readonly Refusal TokenUnknown = new("unauthenticated", "This token is not valid here; send the operator's token or the one checkout returned.");

    /// <summary>Operators only.</summary>
    public static readonly Refusal OperatorsOnly = new("forbidden", "Only an operator may do this.");

    /// <summary>A route nobody gave a policy: closed until somebody does.</summary>
    public static readonly Refusal Undeclared = new("forbidden", "This address is not open to anybody.");

    /// <summary>No such address.</summary>
    public static readonly Refusal NoSuchAddress = new("not-found", "There is nothing at this address; /openapi/v1.json lists what there is.");

    /// <summary>An address that knows other methods.</summary>
    public static readonly Refusal NoSuchMethod = new("method-not-allowed", "This address does not know this method; the Allow header names those it does.");

    /// <summary>A body in another format.</summary>
    public static readonly Refusal NotJson = new("unsupported-media-type", "Send the body as 'Content-Type: application/json'.");

    /// <summary>The body is over the limit.</summary>
    public static readonly Refusal TooLarge = new("payload-too-large", "A request body has at most 1 MiB; send the lines in several requests.");

    /// <summary>A number that looks like a card's, or a field made for one.</summary>
    public static readonly Refusal CardData = new(
        "card-data-rejected", "The request seems to hold a card number or a card's security code. Card data never comes here: pay with a token of the payment provider.");

    /// <summary>An overwrite that does not say of what.</summary>
    public static readonly Refusal IfMatchNeeded = new("precondition-required", "Read the resource and send its ETag as If-Match.");

    /// <summary>A field only importers may send.</summary>
    public static Refusal ImportersOnly(string pointer, string field) => new(
        "forbidden", $"'{field}' is for importers with the operator's token; leave it out.", [new RefusalDetail(pointer, "only with the operator's token")]);

    /// <summary>Something in a header or the query.</summary>
    public static Refusal Invalid(string where, string message) => KernelErrors.Invalid(where, message);

    /// <summary>Several things at once.</summary>
    public static Refusal Invalid(IReadOnlyList<RefusalDetail> places) => new("validation-failed", places[0].Message, [.. places]);
}
