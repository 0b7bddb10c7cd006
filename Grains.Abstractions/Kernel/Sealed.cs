namespace Commerce.Kernel;

/// <summary>
/// Personal data, encrypted under its subject's own key from the first event on: destroying the key erases it everywhere,
/// in journals, read models and backups.
/// </summary>
/// <param name="Subject">Whose key: <c>customer/…</c> or <c>order/…</c>.</param>
/// <param name="Box">Nonce, ciphertext and tag of AES-256-GCM over the value's JSON, base64.</param>
/// <typeparam name="T">What is inside.</typeparam>
[GenerateSerializer, Immutable, Alias("commerce.sealed`1")]
public sealed record Sealed<T>(string Subject, string Box);

/// <summary>Who acts, carried along a chain of calls in the Orleans request context and written into each event's envelope.</summary>
public static class CallContext
{
    /// <summary>Request-context key of the actor: <c>operator</c>, <c>guest</c>, <c>system</c>.</summary>
    public const string Actor = "commerce.actor";

    /// <summary>Request-context key of the correlation id: one per request from outside.</summary>
    public const string Correlation = "commerce.correlation";
}
