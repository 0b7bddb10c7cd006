using Commerce.Kernel;

namespace Commerce.Gateway.Access;

/// <summary>Who sends this request, as far as the token tells.</summary>
/// <param name="IsOperator">Whether it is an operator (or the importer, which uses the operator's token).</param>
/// <param name="Order">The one order this caller's token opens, if any.</param>
public sealed record Caller(bool IsOperator, OrderId? Order)
{
    /// <summary>Nobody in particular.</summary>
    public static readonly Caller Guest = new(false, null);

    /// <summary>An operator.</summary>
    public static readonly Caller Operator = new(true, null);

    /// <summary>How journals name this caller.</summary>
    public string Actor => IsOperator ? "operator" : "guest";

    /// <summary>What keeps one kind of caller's idempotency keys apart from another's.</summary>
    public string Scope => Actor;
}

/// <summary>Finds the caller of a request.</summary>
public static class Callers
{
    private static readonly object Key = new();

    /// <summary>Who sends this request.</summary>
    public static Caller Caller(this HttpContext http) => http.Items[Key] as Caller ?? Commerce.Gateway.Access.Caller.Guest;

    internal static void Caller(this HttpContext http, Caller caller) => http.Items[Key] = caller;
}
