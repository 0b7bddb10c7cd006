using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Payments;

/// <summary>
/// A payment provider to try the shop with. No money moves; its ledger is durable and keeps, per authorisation,
/// <c>refunded ≤ captured ≤ authorised</c>. What it does is chosen by the token: <c>tok_ok</c>, <c>tok_declined</c>, <c>tok_wrong_amount</c>,
/// <c>tok_timeout_before</c> (never has the effect) and <c>tok_timeout_after</c> (has it, and is silent about it once).
/// </summary>
public sealed class SandboxProvider : IPaymentProvider, IDisposable
{
    private readonly SqliteLane _lane;

    private SandboxProvider(SqliteLane lane) => _lane = lane;

    /// <summary>Opens a ledger, or makes it.</summary>
    /// <exception cref="DataFolderException">It cannot be opened; the message says the cure.</exception>
    public static SandboxProvider Open(string path, ILogger<SandboxProvider> log) =>
        DataFolder.Opening(path, () => new SandboxProvider(new SqliteLane(path, "payment-provider", SandboxLedger.Prepare, log)));

    /// <inheritdoc/>
    public async Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel)
    {
        var (answer, silent) = await _lane.Do(session => Execute(session, operation)).WaitAsync(cancel);
        return silent ? throw new TimeoutException("The payment provider did not answer in time.") : answer!;
    }

    /// <summary>All operations, oldest first.</summary>
    public Task<IReadOnlyList<LedgerOperation>> Operations() => _lane.Do(SandboxLedger.Operations);

    /// <summary>Carries out what was handed over, and closes the ledger.</summary>
    public void Dispose() => _lane.Dispose();

    private static (ProviderAnswer? Answer, bool Silent) Execute(SqliteSession ledger, ProviderOperation asked)
    {
        if (SandboxLedger.Find(ledger, asked.Key) is var (known, token)) return (Repeats(asked, known, token) ? known.Answer : Reused(asked), false);

        return asked.Kind switch
        {
            OperationKind.Authorise when asked.Token == "tok_timeout_before" => (null, true),
            OperationKind.Authorise => (Authorise(ledger, asked), asked.Token == "tok_timeout_after"),
            OperationKind.Void => (Void(ledger, asked), false),
            OperationKind.Capture or OperationKind.Refund => (Move(ledger, asked), false),
            _ => throw new ArgumentOutOfRangeException(nameof(asked), asked.Kind, "No such operation."),
        };
    }

    private static ProviderAnswer Authorise(SqliteSession ledger, ProviderOperation asked) => asked switch
    {
        { Amount.Minor: <= 0 } => Declined(ledger, asked, "invalid-amount"),
        { Token: "tok_ok" or "tok_timeout_after" } => Succeeded(ledger, asked, asked.Amount),

        // A penny less than asked; never nothing at all.
        { Token: "tok_wrong_amount" } => Succeeded(ledger, asked, asked.Amount with { Minor = asked.Amount.Minor == 1 ? 2 : asked.Amount.Minor - 1 }),
        { Token: "tok_declined" } => Declined(ledger, asked, "card-declined"),
        _ => Declined(ledger, asked, "invalid-token"),
    };

    private static ProviderAnswer Void(SqliteSession ledger, ProviderOperation asked)
    {
        var key = asked.Authorisation ?? throw new ArgumentException("A void names its authorisation.", nameof(asked));
        if (SandboxLedger.Find(ledger, key) is not var (authorisation, _))
        {
            // Nothing came under this key: whatever still comes finds that it was cancelled.
            SandboxLedger.Add(
                ledger, new ProviderOperation(key, asked.Account, OperationKind.Authorise, asked.Amount, null, null), false, Nothing(asked), "cancelled", null, null);
            return Succeeded(ledger, asked, Nothing(asked));
        }

        if (authorisation.Kind != OperationKind.Authorise) return Declined(ledger, asked, "unknown-authorisation");
        var held = authorisation.Answer.Succeeded && !SandboxLedger.Voided(ledger, key)
            ? authorisation.Answer.Amount.Minor - SandboxLedger.Sum(ledger, key, OperationKind.Capture)
            : 0;
        return Succeeded(ledger, asked, authorisation.Answer.Amount with { Minor = held });
    }

    private static ProviderAnswer Move(SqliteSession ledger, ProviderOperation asked)
    {
        if (asked.Authorisation is not { } key || SandboxLedger.Find(ledger, key) is not var (authorisation, _)
            || authorisation is not { Kind: OperationKind.Authorise, Answer.Succeeded: true })
            return Declined(ledger, asked, "unknown-authorisation");
        if (asked.Amount.Minor <= 0) return Declined(ledger, asked, "invalid-amount");
        if (asked.Amount.Currency != authorisation.Answer.Amount.Currency) return Declined(ledger, asked, "wrong-currency");

        var captured = SandboxLedger.Sum(ledger, key, OperationKind.Capture);
        if (asked.Kind == OperationKind.Refund)
            return asked.Amount.Minor > captured - SandboxLedger.Sum(ledger, key, OperationKind.Refund)
                ? Declined(ledger, asked, "exceeds-captured")
                : Succeeded(ledger, asked, asked.Amount);
        if (SandboxLedger.Voided(ledger, key)) return Declined(ledger, asked, "voided");
        return asked.Amount.Minor > authorisation.Answer.Amount.Minor - captured
            ? Declined(ledger, asked, "exceeds-authorised")
            : Succeeded(ledger, asked, asked.Amount);
    }

    // A cancelled authorisation was never asked for: whatever is asked under its key is what was cancelled.
    private static bool Repeats(ProviderOperation asked, LedgerOperation known, string? token) =>
        asked.Kind == known.Kind && asked.Account == known.Account
        && (known is { Answer.Code: "cancelled" } || asked.Kind == OperationKind.Void && asked.Authorisation == known.Authorisation
            || (asked.Amount == known.Asked && asked.Token == token && asked.Authorisation == known.Authorisation));

    private static ProviderAnswer Reused(ProviderOperation asked) => new(false, Nothing(asked), "", "key-reused");

    private static ProviderAnswer Succeeded(SqliteSession ledger, ProviderOperation asked, Money amount) => asked.Kind == OperationKind.Authorise
        ? SandboxLedger.Add(ledger, asked, true, amount, null, "visa", "4242")
        : SandboxLedger.Add(ledger, asked, true, amount, null, null, null);

    private static ProviderAnswer Declined(SqliteSession ledger, ProviderOperation asked, string code) =>
        SandboxLedger.Add(ledger, asked, false, Nothing(asked), code, null, null);

    private static Money Nothing(ProviderOperation asked) => Money.Zero(asked.Amount.Currency);
}
