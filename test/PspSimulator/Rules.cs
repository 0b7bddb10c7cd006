namespace Commerce.PspSimulator;

/// <summary>What an operation comes to.</summary>
public readonly record struct Outcome(State State, long Amount, string? Code = null, string? Brand = null, string? Last4 = null);

/// <summary>The simulator's rules, without its storage. Invariant per authorisation: <c>refunded + charged back ≤ captured ≤ authorised</c>.</summary>
public static class Rules
{
    public const string Lapses = "lapses";

    /// <summary>The payment methods, with how they are declined; null: they are not.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Tokens = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["tok_ok"] = null,
        ["tok_wrong_amount"] = null,
        ["tok_lapsed"] = null,
        ["tok_timeout_before"] = null,
        ["tok_timeout_after"] = null,
        ["tok_error_before"] = null,
        ["tok_error_after"] = null,
        ["tok_declined"] = "card-declined",
        ["tok_insufficient_funds"] = "insufficient-funds",
        ["tok_expired_card"] = "expired-card",
        ["tok_stolen_card"] = "stolen-card",
        ["tok_challenge"] = "authentication-required",
    };

    public static Outcome Authorise(string? token, long amount) => (token, amount) switch
    {
        (_, <= 0) => new(State.Declined, 0, "invalid-amount"),
        (null, _) => new(State.Declined, 0, "invalid-token"),
        // A penny less than asked; never nothing at all.
        ("tok_wrong_amount", _) => new(State.Succeeded, amount == 1 ? 2 : amount - 1, null, "visa", "4242"),
        // Held, and let go of at once by the bank.
        ("tok_lapsed", _) => new(State.Succeeded, amount, Lapses, "visa", "4242"),
        _ when !Tokens.ContainsKey(token) => new(State.Declined, 0, "invalid-token"),
        _ when Tokens[token] is { } code => new(State.Declined, 0, code),
        _ => new(State.Succeeded, amount, null, "visa", "4242"),
    };

    public static Outcome Capture(long amount, Balance on) => on switch
    {
        { Authorisation.State: not State.Succeeded } or { Authorisation: null } => new(State.Declined, 0, "unknown-authorisation"),
        _ when amount <= 0 => new(State.Declined, 0, "invalid-amount"),
        { Voided: true } => new(State.Declined, 0, "voided"),
        { Lapsed: true } => new(State.Declined, 0, "authorisation-expired"),
        _ when amount > on.Capturable => new(State.Declined, 0, "exceeds-authorised"),
        _ => new(State.Succeeded, amount),
    };

    public static Outcome Refund(long amount, Balance on) => on switch
    {
        { Authorisation: null } => new(State.Declined, 0, "unknown-authorisation"),
        _ when amount <= 0 => new(State.Declined, 0, "invalid-amount"),
        _ when amount > on.Refundable => new(State.Declined, 0, "exceeds-captured"),
        _ => new(State.Succeeded, amount),
    };

    /// <summary>Lets go of what is held and not taken, its time over or not; nothing more can be taken afterwards.</summary>
    public static Outcome Void(Balance on) => new(State.Succeeded, on.Voided ? 0 : on.Held - on.Captured);

    /// <summary>Whether the same is asked again. What was cancelled before it came answers whatever comes.</summary>
    public static bool Repeats(Asked asked, Operation known) =>
        asked.Kind == known.Asked.Kind && asked.Account == known.Asked.Account
        && (known.Code == "cancelled" || (asked.Kind == Kind.Void && asked.Authorisation == known.Asked.Authorisation) || asked == known.Asked);
}
