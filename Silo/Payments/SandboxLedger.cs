using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Payments;

/// <summary>One operation as the sandbox provider's ledger holds it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Account">The payment it belongs to.</param>
/// <param name="Kind">What.</param>
/// <param name="Asked">How much was asked.</param>
/// <param name="Authorisation">Key of the authorisation it builds on; null for an authorisation.</param>
/// <param name="Answer">What the provider said.</param>
/// <param name="At">When, by the provider's clock, where its ledger says so.</param>
public sealed record LedgerOperation(string Key, string Account, OperationKind Kind, Money Asked, string? Authorisation, ProviderAnswer Answer, DateTimeOffset? At = null);

/// <summary>The sandbox provider's own books, apart from ours: what <c>verify</c> compares our payments with.</summary>
public static class SandboxLedger
{
    private const string Tables = """
        create table if not exists operation (number integer primary key, key text not null unique, account text not null, kind text not null,
            amount integer not null, currency text not null, token text, authorisation text, succeeded integer not null, answered integer not null,
            code text, brand text, last4 text) strict;
        create index if not exists operation_authorisation on operation (authorisation) where authorisation is not null;
        """;

    private const string Columns = "number, key, account, kind, amount, currency, authorisation, succeeded, answered, code, brand, last4, token";

    /// <summary>All operations of a ledger, oldest first; of a running shop's, too.</summary>
    public static IReadOnlyList<LedgerOperation> Read(string path) => DataFolder.Opening(path, () =>
    {
        using var session = SqliteSession.ForReading(path);
        return Operations(session);
    });

    internal static void Prepare(SqliteSession session) => session.Script(Tables);

    internal static IReadOnlyList<LedgerOperation> Operations(SqliteSession session)
    {
        using var rows = session.Use($"select {Columns} from operation order by number");
        var operations = new List<LedgerOperation>();
        while (rows.Step()) operations.Add(Operation(rows));
        return operations;
    }

    /// <summary>An operation by its key, with the token it was asked with.</summary>
    internal static (LedgerOperation Operation, string? Token)? Find(SqliteSession session, string key)
    {
        using var row = session.Use($"select {Columns} from operation where key = ?");
        return row.Bind(1, key).Step() ? (Operation(row), row.TextOrNull(12)) : null;
    }

    /// <summary>What succeeded on an authorisation, in minor units.</summary>
    internal static long Sum(SqliteSession session, string authorisation, OperationKind kind)
    {
        using var sum = session.Use("select coalesce(sum(answered), 0) from operation where authorisation = ? and kind = ? and succeeded = 1");
        sum.Bind(1, authorisation).Bind(2, kind.ToString()).Step();
        return sum.Integer(0);
    }

    internal static bool Voided(SqliteSession session, string authorisation)
    {
        using var voided = session.Use("select 1 from operation where authorisation = ? and kind = 'Void' and succeeded = 1");
        return voided.Bind(1, authorisation).Step();
    }

    /// <summary>Writes an operation and what it came to; the reference is its number.</summary>
    internal static ProviderAnswer Add(SqliteSession session, ProviderOperation asked, bool succeeded, Money answered, string? code, string? brand, string? last4)
    {
        using var add = session.Use("""
            insert into operation (key, account, kind, amount, currency, token, authorisation, succeeded, answered, code, brand, last4)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning number
            """);
        add.Bind(1, asked.Key).Bind(2, asked.Account).Bind(3, asked.Kind.ToString()).Bind(4, asked.Amount.Minor).Bind(5, asked.Amount.Currency.Value)
            .Bind(6, asked.Token).Bind(7, asked.Authorisation).Bind(8, succeeded ? 1L : 0L).Bind(9, answered.Minor).Bind(10, code).Bind(11, brand)
            .Bind(12, last4).Step();
        return new ProviderAnswer(succeeded, answered, Reference(add.Integer(0)), code, brand, last4);
    }

    private static LedgerOperation Operation(SqliteStatement row)
    {
        var currency = Currency.FromStored(row.Text(5));
        return new LedgerOperation(
            row.Text(1), row.Text(2), Enum.Parse<OperationKind>(row.Text(3)), new Money(row.Integer(4), currency), row.TextOrNull(6),
            new ProviderAnswer(
                row.Integer(7) == 1, new Money(row.Integer(8), currency), Reference(row.Integer(0)), row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11)));
    }

    internal static string Reference(long number) => $"sandbox-{number}";
}
