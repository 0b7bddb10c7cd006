using System.Globalization;
using Commerce.Kernel;
using Commerce.Payments;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;

namespace Commerce.Silo.Payments;

/// <summary>The simulator's own books, as it lists them: what <c>verify</c> compares our payments with.</summary>
public static class SimulatorLedger
{
    /// <summary>Its file in its folder.</summary>
    public const string FileName = "psp-simulator.db";

    private const int Page = 5_000;

    /// <summary>All operations, oldest first.</summary>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public static async Task<IReadOnlyList<LedgerOperation>> Read(PaymentSettings settings, CancellationToken cancel = default)
    {
        using var http = SimulatorProvider.Client(settings.Url!, settings.Secret!, TimeSpan.FromSeconds(60));
        var operations = new List<LedgerOperation>();
        for (long? after = 0; after is not null;)
        {
            var page = await http.GetFromJsonAsync<Listing>($"v1/operations?after={after}&limit={Page}", SimulatorProvider.Json, cancel);
            operations.AddRange(page!.Items.Select(Operation));
            after = page.Next;
        }

        return operations;
    }

    /// <summary>All operations of a simulator that does not run, from its file.</summary>
    public static IReadOnlyList<LedgerOperation> Read(string file) => DataFolder.Opening(file, () =>
    {
        using var session = SqliteSession.ForReading(file);
        using var row = session.Use("select number, key, account, kind, amount, currency, authorisation, state, answered, code, brand, last4, at from operation order by number");
        var operations = new List<LedgerOperation>();
        while (row.Step())
        {
            var currency = Currency.FromStored(row.Text(5));
            operations.Add(new LedgerOperation(
                row.Text(1), row.Text(2), Enum.Parse<OperationKind>(row.Text(3)), new Money(row.Integer(4), currency), row.TextOrNull(6),
                new ProviderAnswer(row.Text(7) == "Succeeded", new Money(row.Integer(8), currency), $"sim-{row.Integer(0)}", row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11)),
                DateTimeOffset.Parse(row.Text(12), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)));
        }

        return operations;
    });

    private static LedgerOperation Operation(SimulatorProvider.Entry entry) => new(
        entry.Key, entry.Account, Enum.Parse<OperationKind>(entry.Kind, ignoreCase: true), entry.Amount.Read(), entry.Authorisation, entry.Answer(new Uri("http://page.invalid")), entry.At);

    private sealed record Listing(IReadOnlyList<SimulatorProvider.Entry> Items, long? Next);
}
