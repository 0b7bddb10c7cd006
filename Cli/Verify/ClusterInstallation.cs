using System.Text.Json;
using Commerce.Analytics.Store;
using Commerce.Cli.Output;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Payments;
using Npgsql;

namespace Commerce.Cli.Verify;

/// <summary>A cluster: a PostgreSQL database per service, each read in one snapshot with that service's own login.</summary>
/// <param name="connections">Service to connection string.</param>
/// <param name="dataDir">The cluster's folder, which says where its payments are; null: in its databases.</param>
public sealed class ClusterInstallation(IReadOnlyDictionary<string, string> connections, string? dataDir = null) : Installation
{
    /// <summary>Reads the logins of a cluster's folder.</summary>
    public static ClusterInstallation Read(string dataDir) => new(Logins(dataDir), dataDir);

    /// <summary>Connection strings by service.</summary>
    internal static IReadOnlyDictionary<string, string> Logins(string dataDir)
    {
        var file = DataFolder.ConnectionsOf(dataDir);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            return document.RootElement.GetProperty("postgres").GetProperty("logins").EnumerateObject()
                .ToDictionary(login => login.Name, login => login.Value.GetProperty("connectionString").GetString()!, StringComparer.Ordinal);
        }
        catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new MissingException($"{file} does not hold the logins of a cluster's databases; put it back from a backup.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new MissingException($"{file} cannot be read; run this as the user who started the cluster.");
        }
    }

    /// <inheritdoc/>
    public override Task<Fingerprint?> Projections() => Reachable("analytics", connection => AnalyticsStore.ReadFingerprint(AnalyticsStorage.Postgres(connection)));

    /// <inheritdoc/>
    public override async Task<IReadOnlyDictionary<string, LedgerOperation>> Ledger() =>
        dataDir is not null && await ProviderLedger.Read(dataDir) is { } theirs ? theirs : await Sandbox();

    private Task<IReadOnlyDictionary<string, LedgerOperation>> Sandbox() => Reachable("payment", async connection =>
    {
        await using var open = new NpgsqlConnection(connection + ";Pooling=false;Command Timeout=0");
        await open.OpenAsync();
        var ledger = new Dictionary<string, LedgerOperation>(StringComparer.Ordinal);
        await using var ask = new NpgsqlCommand("select to_regclass('sandbox.operation') is not null", open);
        if (await ask.ExecuteScalarAsync() is not true) return (IReadOnlyDictionary<string, LedgerOperation>)ledger;

        ask.CommandText = "select number, key, account, kind, amount, currency, authorisation, succeeded, answered, code, brand, last4 from sandbox.operation order by number";
        await using var row = await ask.ExecuteReaderAsync();
        while (await row.ReadAsync()) ledger[row.GetString(1)] = Operation(row);
        return ledger;
    });

    /// <inheritdoc/>
    public override async Task<Journals> OpenJournals()
    {
        var databases = new Databases();
        try
        {
            await using (var before = await Open("order")) databases.Before = before.Head.Position;
            foreach (var service in FeedStreams.Services.Where(service => service != "order").Append("order")) databases.All[service] = await Open(service);
            return databases;
        }
        catch
        {
            await databases.DisposeAsync();
            throw;
        }
    }

    private Task<JournalDatabase> Open(string service) => Reachable(service, connection => JournalDatabase.Open(service, connection));

    private async Task<T> Reachable<T>(string service, Func<string, Task<T>> read)
    {
        if (!connections.TryGetValue(service, out var connection)) throw new MissingException($"There is no login for the database of {service} in connections.json.");
        try
        {
            return await read(connection);
        }
        catch (Exception dropped) when (service == "analytics" && (dropped.InnerException ?? dropped) is PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName })
        {
            throw new MissingException("The database of analytics is gone; './commerce analytics rebuild' makes it anew of the journals.");
        }
        catch (Exception away) when (away is NpgsqlException or DependencyUnavailableException)
        {
            throw new MissingException($"The database of {service} cannot be read ({(away.InnerException ?? away).Message}); is the cluster running? Start it with './commerce up --cluster'.");
        }
    }

    private static LedgerOperation Operation(NpgsqlDataReader row)
    {
        var currency = Currency.FromStored(row.GetString(5));
        return new LedgerOperation(
            row.GetString(1), row.GetString(2), Enum.Parse<OperationKind>(row.GetString(3)), new Money(row.GetInt64(4), currency), Text(row, 6),
            new ProviderAnswer(row.GetBoolean(7), new Money(row.GetInt64(8), currency), $"sandbox-{row.GetInt64(0)}", Text(row, 9), Text(row, 10), Text(row, 11)));
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private sealed class Databases : Journals
    {
        public Dictionary<string, JournalDatabase> All { get; } = new(StringComparer.Ordinal);

        public long Before { get; set; }

        public override long OrdersBefore => Before;

        public override FeedHead Head(string service) => All[service].Head;

        public override IAsyncEnumerable<RecordedEvent> Events(string service) => All[service].Events();

        public override IAsyncEnumerable<RecordedEvent> Stream(StreamName stream) => All[stream.Service].Stream(stream);

        public override async ValueTask DisposeAsync()
        {
            foreach (var database in All.Values) await database.DisposeAsync();
        }
    }
}
