using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Silo.Payments;

/// <summary>What the ledger holds that an operation has to do with.</summary>
/// <param name="Known">The operation under the same key, if there was one.</param>
/// <param name="Token">The token that one was asked with.</param>
/// <param name="Authorisation">The authorisation it builds on, if it is there.</param>
/// <param name="Voided">Whether that authorisation was voided.</param>
/// <param name="Captured">What was captured on it, in minor units.</param>
/// <param name="Refunded">What was refunded of that, in minor units.</param>
internal sealed record LedgerView(LedgerOperation? Known, string? Token, LedgerOperation? Authorisation, bool Voided, long Captured, long Refunded);

/// <summary>A line to be written into the ledger.</summary>
internal readonly record struct LedgerEntry(ProviderOperation Asked, bool Succeeded, Money Answered, string? Code = null, string? Brand = null, string? Last4 = null);

/// <summary>What comes of an operation: lines to be written, the last of which is the answer, or an answer without any; and whether the provider keeps it to itself.</summary>
internal readonly record struct SandboxDecision(LedgerEntry[] Entries, ProviderAnswer? Answer, bool Silent);

/// <summary>The sandbox provider's rules, without its storage. Invariant per authorisation: <c>refunded ≤ captured ≤ authorised</c>.</summary>
internal static class SandboxRules
{
    private const string Lapses = "lapses";

    public static SandboxDecision Decide(ProviderOperation asked, LedgerView ledger)
    {
        if (ledger.Known is { } known) return new([], Repeats(asked, known, ledger.Token) ? known.Answer : Reused(asked), false);

        return asked.Kind switch
        {
            OperationKind.Authorise when asked.Token == "tok_timeout_before" => new([], null, true),
            OperationKind.Authorise => new([Authorise(asked)], null, asked.Token == "tok_timeout_after"),
            OperationKind.Void => new(Void(asked, ledger), null, false),
            OperationKind.Capture or OperationKind.Refund => new([Move(asked, ledger)], null, false),
            _ => throw new ArgumentOutOfRangeException(nameof(asked), asked.Kind, "No such operation."),
        };
    }

    private static LedgerEntry Authorise(ProviderOperation asked) => asked switch
    {
        { Amount.Minor: <= 0 } => Declined(asked, "invalid-amount"),
        { Page: not null } => Declined(asked, "no-page"),
        { Token: "tok_ok" or "tok_timeout_after" } => Succeeded(asked, asked.Amount),

        // Held, and let go of at once by the bank.
        { Token: "tok_lapsed" } => Succeeded(asked, asked.Amount) with { Code = Lapses },

        // A penny less than asked; never nothing at all.
        { Token: "tok_wrong_amount" } => Succeeded(asked, asked.Amount with { Minor = asked.Amount.Minor == 1 ? 2 : asked.Amount.Minor - 1 }),
        { Token: "tok_declined" } => Declined(asked, "card-declined"),
        { Token: "tok_insufficient_funds" } => Declined(asked, "insufficient-funds"),
        _ => Declined(asked, "invalid-token"),
    };

    private static LedgerEntry[] Void(ProviderOperation asked, LedgerView ledger)
    {
        var key = asked.Authorisation ?? throw new ArgumentException("A void names its authorisation.", nameof(asked));

        // When nothing came under that key, whatever still comes finds that it was cancelled.
        if (ledger.Authorisation is not { } authorisation)
            return [Declined(new ProviderOperation(key, asked.Account, OperationKind.Authorise, asked.Amount, null, null), "cancelled"), Succeeded(asked, Nothing(asked))];

        if (authorisation.Kind != OperationKind.Authorise) return [Declined(asked, "unknown-authorisation")];
        var held = authorisation.Answer.Succeeded && !ledger.Voided ? authorisation.Answer.Amount.Minor - ledger.Captured : 0;
        return [Succeeded(asked, authorisation.Answer.Amount with { Minor = held })];
    }

    private static LedgerEntry Move(ProviderOperation asked, LedgerView ledger)
    {
        if (ledger.Authorisation is not { Kind: OperationKind.Authorise, Answer.Succeeded: true } authorisation) return Declined(asked, "unknown-authorisation");
        if (asked.Amount.Minor <= 0) return Declined(asked, "invalid-amount");
        if (asked.Amount.Currency != authorisation.Answer.Amount.Currency) return Declined(asked, "wrong-currency");

        if (asked.Kind == OperationKind.Refund)
            return asked.Amount.Minor > ledger.Captured - ledger.Refunded ? Declined(asked, "exceeds-captured") : Succeeded(asked, asked.Amount);
        if (ledger.Voided) return Declined(asked, "voided");
        if (authorisation.Answer.Code == Lapses) return Declined(asked, "authorisation-expired");
        return asked.Amount.Minor > authorisation.Answer.Amount.Minor - ledger.Captured ? Declined(asked, "exceeds-authorised") : Succeeded(asked, asked.Amount);
    }

    // A cancelled authorisation was never asked for: whatever is asked under its key is what was cancelled.
    private static bool Repeats(ProviderOperation asked, LedgerOperation known, string? token) =>
        asked.Kind == known.Kind && asked.Account == known.Account
        && (known is { Answer.Code: "cancelled" } || asked.Kind == OperationKind.Void && asked.Authorisation == known.Authorisation
            || (asked.Amount == known.Asked && asked.Token == token && asked.Authorisation == known.Authorisation));

    private static ProviderAnswer Reused(ProviderOperation asked) => new(false, Nothing(asked), "", "key-reused");

    private static LedgerEntry Succeeded(ProviderOperation asked, Money amount) =>
        asked.Kind == OperationKind.Authorise ? new(asked, true, amount, null, "visa", "4242") : new(asked, true, amount);

    private static LedgerEntry Declined(ProviderOperation asked, string code) => new(asked, false, Nothing(asked), code);

    private static Money Nothing(ProviderOperation asked) => Money.Zero(asked.Amount.Currency);
}
