using Commerce.Payments;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Payments;

/// <summary>
/// A payment provider to try the shop with. No money moves; its ledger is durable and keeps, per authorisation,
/// <c>refunded ≤ captured ≤ authorised</c>. What it does is chosen by the token: <c>tok_ok</c>, <c>tok_declined</c>, <c>tok_insufficient_funds</c>, <c>tok_wrong_amount</c>, <c>tok_lapsed</c>,
/// <c>tok_timeout_before</c> (never has the effect) and <c>tok_timeout_after</c> (has it, and is silent about it once). It has no page of its own.
/// </summary>
public sealed class SandboxProvider : IPaymentProvider, IDisposable
{
    private readonly ISandboxBooks _books;

    private SandboxProvider(ISandboxBooks books) => _books = books;

    /// <summary>Opens a ledger in a file, or makes it.</summary>
    /// <exception cref="DataFolderException">It cannot be opened; the message says the cure.</exception>
    public static SandboxProvider Open(string path, ILogger<SandboxProvider> log) => DataFolder.Opening(path, () => new SandboxProvider(new SqliteSandboxBooks(path, log)));

    /// <summary>Uses the ledger in a database that <see cref="PostgresMigrations.Sandbox"/> has prepared; several silos may.</summary>
    public static SandboxProvider Open(NpgsqlDataSource source, ILogger<SandboxProvider> log) => new(new PostgresSandboxBooks(source, log));

    /// <inheritdoc/>
    public async Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel)
    {
        var (answer, silent) = await _books.Execute(operation).WaitAsync(cancel);
        return silent ? throw new TimeoutException("The payment provider did not answer in time.") : answer!;
    }

    /// <inheritdoc/>
    public async Task<ProviderAnswer?> Find(ProviderOperation operation, CancellationToken cancel) =>
        await _books.Find(operation.Key).WaitAsync(cancel) is { } found && found.Account == operation.Account && found.Kind == operation.Kind ? found.Answer : null;

    /// <summary>All operations, oldest first.</summary>
    public Task<IReadOnlyList<LedgerOperation>> Operations() => _books.Operations();

    /// <summary>Carries out what was handed over, and closes the ledger.</summary>
    public void Dispose() => _books.Dispose();
}

/// <summary>Where the ledger is. An operation is decided and written in one transaction, so that none decides on what another is changing.</summary>
internal interface ISandboxBooks : IDisposable
{
    Task<(ProviderAnswer? Answer, bool Silent)> Execute(ProviderOperation asked);

    Task<LedgerOperation?> Find(string key);

    Task<IReadOnlyList<LedgerOperation>> Operations();
}
