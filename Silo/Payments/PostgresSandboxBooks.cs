using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Payments;

/// <summary>
/// The ledger in the payment service's database. Operations on one authorisation take turns, whichever silo asks. A new authorisation depends on nothing: those
/// asked for at the same time are written together.
/// </summary>
internal sealed class PostgresSandboxBooks : ISandboxBooks
{
    private const int MostAtOnce = 256;

    private static readonly LedgerView Nothing = new(null, null, null, false, 0, 0);

    private readonly Together<LedgerEntry, long?> _adding;
    private readonly NpgsqlDataSource _source;
    private readonly ILogger _log;

    public PostgresSandboxBooks(NpgsqlDataSource source, ILogger log)
    {
        (_source, _log) = (source, log);
        _adding = new(MostAtOnce, atOnce: 1, AddAll);
    }

    private const string Columns = "number, key, account, kind, amount, currency, authorisation, succeeded, answered, code, brand, last4, token";

    public async Task<(ProviderAnswer? Answer, bool Silent)> Execute(ProviderOperation asked)
    {
        if (asked.Kind == OperationKind.Authorise && SandboxRules.Decide(asked, Nothing) is { Entries: [var entry], Silent: var silent }
            && await PostgresFaults.Guard("payment-provider", _log, () => _adding.Do(entry)) is { } number)
            return (Answer(entry, number), silent);
        return await InTurn(asked);
    }

    private Task<(ProviderAnswer? Answer, bool Silent)> InTurn(ProviderOperation asked) => PostgresFaults.Guard("payment-provider", _log, async () =>
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var turn = Command(connection, "select pg_advisory_xact_lock(hashtextextended($1, 0))", asked.Authorisation ?? asked.Key)) await turn.ExecuteNonQueryAsync();
        var decision = SandboxRules.Decide(asked, await View(connection, asked));
        var answer = decision.Answer;
        foreach (var entry in decision.Entries) answer = await Add(connection, entry);
        await transaction.CommitAsync();
        return (answer, decision.Silent);
    });

    public Task<LedgerOperation?> Find(string key) => PostgresFaults.Guard<LedgerOperation?>("payment-provider", _log, async () =>
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var one = Command(connection, $"select {Columns} from sandbox.operation where key = $1", key);
        return (await Read(one)).FirstOrDefault().Operation;
    });

    public Task<IReadOnlyList<LedgerOperation>> Operations() => PostgresFaults.Guard("payment-provider", _log, async () =>
    {
        await using var connection = await _source.OpenConnectionAsync();
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
        await using var add = Command(connection, """
            insert into sandbox.operation (key, account, kind, amount, currency, token, authorisation, succeeded, answered, code, brand, last4)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning number
            """, Values(entry));
        return Answer(entry, (long)(await add.ExecuteScalarAsync())!);
    }

    // Answers the number of each that was written; nothing for a key that was there before. In the order of keys, so that silos never wait in a circle.
    private async Task<IReadOnlyList<long?>> AddAll(IReadOnlyList<LedgerEntry> entries)
    {
        var first = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++) first.TryAdd(entries[i].Asked.Key, i);
        await using var connection = await _source.OpenConnectionAsync().ConfigureAwait(false);
        await using var add = new NpgsqlCommand("""
            insert into sandbox.operation (key, account, kind, amount, currency, token, authorisation, succeeded, answered, code, brand, last4)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (key) do nothing returning key, number
            """, connection);
        var rows = first.Values.Select(i => entries[i]).ToArray();
        Column(entry => entry.Asked.Key);
        Column(entry => entry.Asked.Account);
        Column(entry => entry.Asked.Kind.ToString());
        Column(entry => entry.Asked.Amount.Minor);
        Column(entry => entry.Asked.Amount.Currency.Value);
        Column(entry => entry.Asked.Token);
        Column(entry => entry.Asked.Authorisation);
        Column(entry => entry.Succeeded);
        Column(entry => entry.Answered.Minor);
        Column(entry => entry.Code);
        Column(entry => entry.Brand);
        Column(entry => entry.Last4);
        var numbers = new long?[entries.Count];
        await using var added = await add.ExecuteReaderAsync().ConfigureAwait(false);
        while (await added.ReadAsync().ConfigureAwait(false)) numbers[first[added.GetString(0)]] = added.GetInt64(1);
        return numbers;

        void Column<T>(Func<LedgerEntry, T> value) => add.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. rows.Select(value)] });
    }

    private static object?[] Values(LedgerEntry entry) =>
    [
        entry.Asked.Key, entry.Asked.Account, entry.Asked.Kind.ToString(), entry.Asked.Amount.Minor, entry.Asked.Amount.Currency.Value, entry.Asked.Token,
        entry.Asked.Authorisation, entry.Succeeded, entry.Answered.Minor, entry.Code, entry.Brand, entry.Last4,
    ];

    private static ProviderAnswer Answer(LedgerEntry entry, long number) =>
        new(entry.Succeeded, entry.Answered, SandboxLedger.Reference(number), entry.Code, entry.Brand, entry.Last4);

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
