using Commerce.Payments;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Payments;

/// <summary>The ledger in a file of its own.</summary>
internal sealed class SqliteSandboxBooks(string path, ILogger log) : ISandboxBooks
{
    private readonly SqliteLane _lane = new(path, "payment-provider", SandboxLedger.Prepare, log);

    public Task<(ProviderAnswer? Answer, bool Silent)> Execute(ProviderOperation asked) => _lane.Do(session => Execute(session, asked));

    public Task<LedgerOperation?> Find(string key) => _lane.Do(session => SandboxLedger.Find(session, key)?.Operation);

    public Task<IReadOnlyList<LedgerOperation>> Operations() => _lane.Do(SandboxLedger.Operations);

    public void Dispose() => _lane.Dispose();

    private static (ProviderAnswer? Answer, bool Silent) Execute(SqliteSession session, ProviderOperation asked)
    {
        var decision = SandboxRules.Decide(asked, View(session, asked));
        var answer = decision.Answer;
        foreach (var entry in decision.Entries) answer = SandboxLedger.Add(session, entry.Asked, entry.Succeeded, entry.Answered, entry.Code, entry.Brand, entry.Last4);
        return (answer, decision.Silent);
    }

    private static LedgerView View(SqliteSession session, ProviderOperation asked)
    {
        var known = SandboxLedger.Find(session, asked.Key);
        if (asked.Authorisation is not { } key) return new LedgerView(known?.Operation, known?.Token, null, false, 0, 0);
        return new LedgerView(
            known?.Operation, known?.Token, SandboxLedger.Find(session, key)?.Operation, SandboxLedger.Voided(session, key),
            SandboxLedger.Sum(session, key, OperationKind.Capture), SandboxLedger.Sum(session, key, OperationKind.Refund));
    }
}
