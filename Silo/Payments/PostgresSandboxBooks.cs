using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Payments;

/// <summary>The ledger in the payment service's database. Operations on one authorisation take turns, whichever silo asks.</summary>
internal sealed class PostgresSandboxBooks(NpgsqlDataSource source, ILogger log) : ISandboxBooks
{
    private const string Columns = "number, key, account, kind, amount, currency, authorisation, succeeded, answered, code, brand, last4, token";

    public Task<(ProviderAnswer? Answer, bool Silent)> Execute(ProviderOperation asked) => PostgresFaults.Guard("payment-provider", log, async () =>
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var turn = Command(connection, "select pg_advisory_xact_lock(hashtextextended($1, 0))", asked.Authorisation ?? asked.Key)) await turn.ExecuteNonQueryAsync();
        var decision = SandboxRules.Decide(asked, await View(connection, asked));
        var answer = decision.Answer;
        foreach (var entry in decision.Entries) answer = await Add(connection, entry);
        await transaction.CommitAsync();
        return (answer, decision.Silent);
    });

    public Task<LedgerOperation?> Find(string key) => PostgresFaults.Guard<LedgerOperation?>("payment-provider", log, async () =>
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var one = Command(connection, $"select {Columns} from sandbox.operation where key = $1", key);
        return (await Read(one)).FirstOrDefault().Operation;
    });

    public Task<IReadOnlyList<LedgerOperation>> Operations() => PostgresFaults.Guard("payment-provider", log, async () =>
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var all = Command(connection, $"select {Columns} from sandbox.operation order by number");
        return (IReadOnlyList<LedgerOperation>)[.. (await Read(all)).Select(row => row.Operation)];
    });

    // The connections are the service's.
    public void Dispose() { }

    private static async Task<LedgerView> View(NpgsqlConnection connection, ProviderOperation asked)
    {
        await using var around = Command(
            connection, $"select {Columns} from sandbox.operation where key = $1 or key = $2 or authorisation = $2", asked.Key, asked.Authorisation ?? asked.Key);
        var rows = await Read(around);
        var (known, token) = rows.FirstOrDefault(row => row.Operation.Key == asked.Key);
        if (asked.Authorisation is not { } key) return new LedgerView(known, token, null, false, 0, 0);

        var done = rows.Select(row => row.Operation).Where(operation => operation.Authorisation == key && operation.Answer.Succeeded).ToLookup(operation => operation.Kind);
        return new LedgerView(
            known, token, rows.FirstOrDefault(row => row.Operation.Key == key).Operation, done[OperationKind.Void].Any(),
            done[OperationKind.Capture].Sum(operation => operation.Answer.Amount.Minor), done[OperationKind.Refund].Sum(operation => operation.Answer.Amount.Minor));
    }

    private static async Task<ProviderAnswer> Add(NpgsqlConnection connection, LedgerEntry entry)
    {
        var asked = entry.Asked;
        await using var add = Command(connection, """
            insert into sandbox.operation (key, account, kind, amount, currency, token, authorisation, succeeded, answered, code, brand, last4)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning number
            """, asked.Key, asked.Account, asked.Kind.ToString(), asked.Amount.Minor, asked.Amount.Currency.Value, asked.Token, asked.Authorisation,
            entry.Succeeded, entry.Answered.Minor, entry.Code, entry.Brand, entry.Last4);
        var number = (long)(await add.ExecuteScalarAsync())!;
        return new ProviderAnswer(entry.Succeeded, entry.Answered, SandboxLedger.Reference(number), entry.Code, entry.Brand, entry.Last4);
    }

    private static async Task<List<(LedgerOperation Operation, string? Token)>> Read(NpgsqlCommand command)
    {
        await using var row = await command.ExecuteReaderAsync();
        var operations = new List<(LedgerOperation, string?)>();
        while (await row.ReadAsync())
        {
            var currency = Currency.FromStored(row.GetString(5));
            var answer = new ProviderAnswer(
                row.GetBoolean(7), new Money(row.GetInt64(8), currency), SandboxLedger.Reference(row.GetInt64(0)), Text(row, 9), Text(row, 10), Text(row, 11));
            operations.Add((new LedgerOperation(
                row.GetString(1), row.GetString(2), Enum.Parse<OperationKind>(row.GetString(3)), new Money(row.GetInt64(4), currency), Text(row, 6), answer), Text(row, 12)));
        }

        return operations;
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}
