namespace Commerce.Kernel;

/// <summary>Refusals any aggregate may give.</summary>
public static class KernelErrors
{
    /// <summary>The key was used before for something else.</summary>
    public static Refusal KeyReused(string id) =>
        new("idempotency-key-reused", $"The idempotency key '{id}' was used before with another content; use a new key for a new request.");

    /// <summary>There is no such resource, or it is not the caller's.</summary>
    public static Refusal NotFound(string what) => new("not-found", $"There is no such {what}.");

    /// <summary>A field is wrong.</summary>
    public static Refusal Invalid(string pointer, string message) =>
        new("validation-failed", message, [new RefusalDetail(pointer, message)]);

    /// <summary>The resource is not in a state in which this can be done.</summary>
    public static Refusal IllegalTransition(string message) => new("illegal-transition", message);
}
