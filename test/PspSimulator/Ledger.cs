using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Commerce.PspSimulator;

/// <summary>The simulator's own books in <c>psp-simulator.db</c>: operations, messages to be sent, settings. One transaction per decision, on disk before it is answered.</summary>
public sealed class Ledger : IDisposable
{
    private const string Tables = """
        pragma journal_mode=wal; pragma synchronous=full;
        create table if not exists operation (number integer primary key, key text not null unique, account text not null, kind text not null, amount integer not null,
            currency text not null, token text, authorisation text, return_to text, until text, state text not null, answered integer not null, code text, brand text,
            last4 text, session text unique, dialect text not null, at text not null) strict;
        create index if not exists operation_authorisation on operation (authorisation) where authorisation is not null;
        create index if not exists operation_account on operation (account);
        create table if not exists hook (number integer primary key, operation text not null, type text not null, dialect text not null, due text not null,
            attempts integer not null, state text not null, forged integer not null, at text not null) strict;
        create index if not exists hook_due on hook (due) where state = 'waiting';
        create table if not exists setting (name text primary key, value text not null) strict;
        """;

    private const string Columns = "number, key, account, kind, amount, currency, token, authorisation, return_to, until, state, answered, code, brand, last4, session, dialect, at";

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    public Ledger(string folder)
    {
        Directory.CreateDirectory(folder);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "psp-simulator.db"), Pooling = false }.ToString());
        _connection.Open();
        Run(Tables);
    }

    /// <summary>One decision: what it reads cannot change before it has written.</summary>
    public T Do<T>(Func<Ledger, T> decide)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            var made = decide(this);
            transaction.Commit();
            return made;
        }
    }

    public Operation? Find(string key) => One($"select {Columns} from operation where key = $1", key);

    public Operation? OnPage(string session) => One($"select {Columns} from operation where session = $1", session);

    public Operation? Numbered(long number) => One($"select {Columns} from operation where number = $1", number);

    /// <summary>Operations after a place in the ledger, oldest first.</summary>
    public IReadOnlyList<Operation> List(long after, int limit, string? account) =>
        Many($"select {Columns} from operation where number > $1 and ($2 is null or account = $2) order by number limit $3", after, account, limit);

    public IReadOnlyList<Operation> On(string authorisation) => Many($"select {Columns} from operation where authorisation = $1 order by number", authorisation);

    public Operation Add(Asked asked, Outcome outcome, string? session, string dialect, DateTimeOffset at)
    {
        Run($"""
            insert into operation (key, account, kind, amount, currency, token, authorisation, return_to, until, state, answered, code, brand, last4, session, dialect, at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """, asked.Key, asked.Account, asked.Kind.ToString(), asked.Amount, asked.Currency, asked.Token, asked.Authorisation, asked.ReturnTo, Text(asked.Until),
            outcome.State.ToString(), outcome.Amount, outcome.Code, outcome.Brand, outcome.Last4, session, dialect, Text(at));
        return Find(asked.Key)!;
    }

    /// <summary>What was pending is decided.</summary>
    public Operation Decide(Operation pending, Outcome outcome, DateTimeOffset at)
    {
        Run("update operation set state = $1, answered = $2, code = $3, brand = $4, last4 = $5, at = $6 where number = $7 and state = 'Pending'",
            outcome.State.ToString(), outcome.Amount, outcome.Code, outcome.Brand, outcome.Last4, Text(at), pending.Number);
        return Find(pending.Key)!;
    }

    public string? Setting(string name) => Rows("select value from setting where name = $1", static row => row.GetString(0), name) is [var value, ..] ? value : null;

    public void Set(string name, string value) => Run("insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = $2", name, value);

    public void Run(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    public IReadOnlyList<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        using var row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read()) rows.Add(read(row));
        return rows;
    }

    public void Dispose() => _connection.Dispose();

    public static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private Operation? One(string sql, object value) => Rows(sql, Read, value) is [var operation, ..] ? operation : null;

    private IReadOnlyList<Operation> Many(string sql, params ReadOnlySpan<object?> values) => Rows(sql, Read, values);

    private static Operation Read(SqliteDataReader row) => new(
        row.GetInt64(0),
        new Asked(row.GetString(1), row.GetString(2), Enum.Parse<Kind>(row.GetString(3)), row.GetInt64(4), row.GetString(5), Text(row, 6), Text(row, 7), Text(row, 8),
            Text(row, 9) is { } until ? Time(until) : null),
        Enum.Parse<State>(row.GetString(10)), row.GetInt64(11), Text(row, 12), Text(row, 13), Text(row, 14), Text(row, 15), row.GetString(16), Time(row.GetString(17)));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private SqliteCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        return command;
    }
}
