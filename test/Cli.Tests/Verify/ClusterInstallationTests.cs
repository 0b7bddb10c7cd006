using System.Text.Json;
using Commerce.Analytics.Store;
using Commerce.Cli;
using Commerce.Cli.Output;
using Commerce.Cli.Verify;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Kit.Servers;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Payments;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Commerce.Tests.Verify;

/// <summary>An audit of databases as a cluster has them, each with its own login.</summary>
public sealed class ClusterInstallationTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("commerce-verify-");
    private PostgresServer _server = null!;
    private IReadOnlyDictionary<string, string> _connections = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.Start();
        _connections = await PostgresDatabases.Create(_server.ConnectionString(), PostgresDatabases.All.ToDictionary(service => service, service => $"secret of {service}"));
        foreach (var service in FeedStreams.Services) PostgresMigrations.Journal(_connections[service]);
        PostgresMigrations.Sandbox(_connections["payment"]);
        var logins = _connections.ToDictionary(login => login.Key, login => new { user = login.Key, connectionString = login.Value });
        await File.WriteAllTextAsync(DataFolder.ConnectionsOf(_folder.FullName), JsonSerializer.Serialize(new { postgres = new { logins } }), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_is_in_the_databases_is_audited_and_what_is_wrong_in_them_is_found()
    {
        await Record(Story.OfThreeOrders());
        var report = await Verify();
        report.Invariants.SelectMany(rule => rule.Violations).ShouldBeEmpty();
        report.Invariants.Select(rule => rule.Id).ShouldBe(["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"]);
        report.Invariants.ShouldAllBe(rule => rule.Checked > 0);

        await Run("analytics", "update revenue set gross = gross + 1");
        (await Broken()).ShouldBe(["I6"]);
        await Run("payment", "update sandbox.operation set answered = answered - 1 where kind = 'Capture'");
        (await Broken()).ShouldBe(["I4", "I6"]);
        await Run("order", "delete from append where position = 2");
        (await Broken()).ShouldContain("I1");
    }

    [Fact]
    public async Task Analytics_database_that_was_dropped_is_said_so_with_the_cure()
    {
        await using (var admin = new NpgsqlConnection(_server.ConnectionString() + ";Pooling=false"))
        {
            await admin.OpenAsync(TestContext.Current.CancellationToken);
            await using var drop = new NpgsqlCommand("drop database commerce_analytics", admin);
            await drop.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        (await Should.ThrowAsync<MissingException>(Verify)).Message.ShouldContain("analytics rebuild");
    }

    [Fact]
    public async Task A_cluster_that_does_not_run_is_said_so_with_the_cure()
    {
        await _server.Kill();
        (await Should.ThrowAsync<MissingException>(Verify)).Message.ShouldContain("up --cluster");
    }

    [Fact]
    public async Task Its_journals_get_other_epochs_when_told()
    {
        var before = await JournalCommand.Epochs(_folder.FullName, change: false);
        before.Keys.ShouldBe(FeedStreams.Services);
        var changed = await JournalCommand.Epochs(_folder.FullName, change: true);
        changed.Values.Intersect(before.Values).ShouldBeEmpty();
        (await JournalCommand.Epochs(_folder.FullName, change: false)).ShouldBe(changed);
        await _server.Kill();
        await Should.ThrowAsync<MissingException>(() => JournalCommand.Epochs(_folder.FullName, change: true));
    }

    private Task<AuditReport> Verify() => Audit.Run(ClusterInstallation.Read(_folder.FullName), Story.Now);

    private async Task<IEnumerable<string>> Broken() => (await Verify()).Invariants.Where(rule => !rule.Ok).Select(rule => rule.Id);

    // Through the journal, the ledger and the projections themselves, as silos and analytics would.
    private async Task Record(Story story)
    {
        await using var databases = new ServiceDatabases(_connections);
        await using var journal = new PostgresJournal(databases, TimeProvider.System, NullLogger<PostgresJournal>.Instance);
        using var analytics = AnalyticsStore.Open(AnalyticsStorage.Postgres(_connections["analytics"]));
        var last = new Dictionary<string, Guid>();
        foreach (var happened in story.Happened)
        {
            if (happened is LedgerOperation operation)
            {
                var currency = operation.Asked.Currency;
                await Run("payment", $"""
                    insert into sandbox.operation (key, account, kind, amount, currency, authorisation, succeeded, answered)
                    values ('{operation.Key}', '{operation.Account}', '{operation.Kind}', {operation.Asked.Minor}, '{currency}', nullif('{operation.Authorisation}', ''), true, {operation.Answer.Amount.Minor})
                    """);
                continue;
            }

            var recorded = (RecordedEvent)happened;
            (await journal.Append(new Append(new StreamName(recorded.Service, recorded.Stream), last.GetValueOrDefault(recorded.Stream), recorded.Version - 1,
                [new NewEvent(recorded.Id, recorded.Type, recorded.Data)], CommandKey.None, recorded.OccurredAt, recorded.RecordedAt, null, new Envelope("system", null, null))))
                .ShouldBe(AppendOutcome.Committed);
            last[recorded.Stream] = recorded.Id;
        }

        foreach (var service in (string[])["order", "inventory"])
        {
            var head = await journal.Head(service, 0);
            await analytics.Apply(new FeedBatch(service, 0, head.Epoch, [.. (await journal.ReadFeed(service, 0, 0, 1_000)).Events]));
        }
    }

    private async Task Run(string service, string sql)
    {
        await using var open = new NpgsqlConnection(_connections[service] + ";Pooling=false");
        await open.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, open);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
