using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>Databases and logins under their real names, and the migrations that fill them.</summary>
public sealed class PostgresDatabasesTests(PostgresFixture postgres)
{
    private static Dictionary<string, string> Passwords(string secret) => PostgresDatabases.All.ToDictionary(service => service, service => $"{service}'s \"{secret}\"");

    [Fact]
    public async Task A_statement_that_is_planned_while_its_table_is_empty_reaches_it_through_the_index()
    {
        await using var databases = await postgres.Journals(["order"]);
        await using var plan = databases.Of("order").CreateCommand("explain select version from stream_head where stream = 'order/t1/x'");

        ((string)(await plan.ExecuteScalarAsync(TestContext.Current.CancellationToken))!).ShouldStartWith("Index Scan");
    }

    [Fact]
    public async Task Every_service_has_a_database_that_only_its_own_login_may_enter()
    {
        var admin = await postgres.Admin();
        var connections = await PostgresDatabases.Create(admin, Passwords("first"));
        connections.Count.ShouldBe(9);
        foreach (var (service, connection) in connections) (await Enter(connection)).ShouldBe($"commerce_{service}");

        foreach (var other in connections.Where(pair => pair.Key != "inventory"))
        {
            var refused = await Should.ThrowAsync<PostgresException>(() => Enter(Unpooled(other.Value, user: "commerce_inventory")));
            refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }

        // Again: what is in them stays, and the passwords are the new ones.
        PostgresMigrations.Journal(connections["inventory"]);
        var again = await PostgresDatabases.Create(admin, Passwords("second"));
        (await PostgresFixture.Run(again["inventory"], "update log_head set position = 0")).ShouldBe(1);
        (await Password("commerce_inventory")).ShouldNotBeNull();
        new NpgsqlConnectionStringBuilder(again["inventory"]).Password.ShouldBe("inventory's \"second\"");

        async Task<string?> Password(string role)
        {
            await using var open = new NpgsqlConnection(Unpooled(admin));
            await open.OpenAsync(TestContext.Current.CancellationToken);
            await using var look = new NpgsqlCommand($"select rolpassword from pg_authid where rolname = '{role}' and not rolsuper and not rolcreatedb and not rolcreaterole", open);
            return await look.ExecuteScalarAsync(TestContext.Current.CancellationToken) as string;
        }
    }

    [Fact]
    public async Task Migrations_run_twice_change_nothing()
    {
        var connection = await postgres.Empty();
        for (var i = 0; i < 2; i++)
        {
            PostgresMigrations.Journal(connection);
            PostgresMigrations.Sandbox(connection);
        }

        (await Scripts(connection)).ShouldBe(["journal/0001-journal.sql", "journal/0002-leases-and-cursors.sql", "journal/0003-sealing-keys.sql", "journal/0004-a-row-per-append.sql", "journal/0005-heads-in-one-statement.sql", "journal/0006-an-event-is-found-as-text.sql", "sandbox/0001-ledger.sql"]);
    }

    [Fact]
    public async Task A_database_of_the_previous_version_is_brought_up_with_what_is_in_it()
    {
        var connection = await postgres.Empty();
        PostgresMigrations.Run(connection, "journal", files: 1);
        await PostgresFixture.Run(connection, "update log_head set position = 42");
        PostgresMigrations.Journal(connection);
        (await Scripts(connection)).Count.ShouldBe(6);
        (await Scalar<long>(connection, "select position from log_head")).ShouldBe(42);
        (await Scalar<long>(connection, "select count(*) from lease")).ShouldBe(0);
    }

    [Fact]
    public async Task Events_that_had_a_row_each_are_read_as_they_were_and_followed()
    {
        var connection = await postgres.Empty();
        PostgresMigrations.Run(connection, "journal", files: 3);
        var script = new Script(new("inventory", "stock/t1/OLD@main"));
        var (first, second) = (script.Append("key-1", 2), script.Append());
        var (ids, at) = (first.Events.Concat(second.Events).Select(e => e.Id).ToArray(), new DateTimeOffset(2026, 3, 1, 12, 0, 0, 123, 456, TimeSpan.Zero));
        await PostgresFixture.Run(connection, $$"""
            insert into stream_head values (1, 'stock/t1/OLD@main', 3, '{{ids[2]}}', null);
            insert into events values
                (1, 1, 1, '{{ids[0]}}', 'stock.adjusted.v1', '2020-01-02T03:04:05.5Z', '{{at:O}}', 'operator', 'say "so"', 'key-1', 'digest of key-1', 'trace', '{"delta": 7,  "reason":"a, b"}'),
                (2, 1, 2, '{{ids[1]}}', 'stock.adjusted.v1', '2020-01-02T03:04:05.5Z', '{{at:O}}', 'operator', 'say "so"', 'key-1', null, 'trace', '{"delta":8,"reason":"c"}'),
                (3, 1, 3, '{{ids[2]}}', 'stock.adjusted.v1', '{{at:O}}', '{{at:O}}', 'system', null, null, null, null, '{"delta":9,"reason":"d"}');
            update log_head set position = 3;
            """);

        PostgresMigrations.Journal(connection);

        await using var databases = new ServiceDatabases(new Dictionary<string, string> { ["inventory"] = connection });
        await using var journal = PostgresFixture.Open(databases);
        var history = await journal.Load(first.Stream);
        history.Events.Select(e => e.Id).ShouldBe(ids);
        history.Events[0].ShouldBe(new Commerce.Feeds.RecordedEvent(
            "inventory", 0, 1, ids[0], "stock/t1/OLD@main", 1, "stock.adjusted.v1", new(2020, 1, 2, 3, 4, 5, 500, TimeSpan.Zero), at, "operator", "say \"so\"", "key-1", "trace",
            history.Events[0].Data));
        global::System.Text.Encoding.UTF8.GetString(history.Events[0].Data).ShouldBe("{\"delta\": 7,  \"reason\":\"a, b\"}");
        history.Events[1].Causation.ShouldBe("key-1");
        history.Commands.ShouldBe([new CommandKey("key-1", "digest of key-1")]);
        (await journal.Append(script.Append("key-1"))).ShouldBe(AppendOutcome.Repeated);
        script = new Script(first.Stream);
        script.Append(events: 3);
        (await journal.Append(script.Peek() with { Expected = ids[2] })).ShouldBe(AppendOutcome.Committed);
        (await journal.ReadFeed("inventory", 0, 0, 10)).Events.Select(e => e.Position).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task Processes_that_migrate_at_once_take_turns()
    {
        var connection = await postgres.Empty();
        var threads = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => PostgresMigrations.Cluster(connection), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(threads);
        (await Scripts(connection)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_migration_is_not_cut_where_a_sale_would_give_up()
    {
        var connection = await postgres.Empty();
        PostgresMigrations.Run(connection, "journal", files: 1);
        await using (var holding = new NpgsqlConnection(Unpooled(connection)))
        {
            await holding.OpenAsync(TestContext.Current.CancellationToken);
            await using var begin = await holding.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using (var take = new NpgsqlCommand("lock table migration, events in access exclusive mode", holding)) await take.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            var migrated = Task.Run(() => PostgresMigrations.Journal(connection + ";Command Timeout=1"), TestContext.Current.CancellationToken);
            // Longer than the connection's own patience.
            await Task.WhenAny(migrated, Task.Delay(TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken));
            migrated.IsCompleted.ShouldBeFalse();
            await begin.RollbackAsync(TestContext.Current.CancellationToken);
            await migrated;
        }

        (await Scripts(connection)).Count.ShouldBe(6);
    }

    private static async Task<string> Enter(string connection) => (await Scalar<string>(connection, "select current_database()"))!;

    private static async Task<List<string>> Scripts(string connection)
    {
        await using var open = new NpgsqlConnection(Unpooled(connection));
        await open.OpenAsync(TestContext.Current.CancellationToken);
        await using var look = new NpgsqlCommand("select scriptname from migration order by scriptname", open);
        await using var rows = await look.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var scripts = new List<string>();
        while (await rows.ReadAsync(TestContext.Current.CancellationToken)) scripts.Add(rows.GetString(0));
        return scripts;
    }

    private static async Task<T?> Scalar<T>(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(Unpooled(connection));
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return (T?)await command.ExecuteScalarAsync();
    }

    private static string Unpooled(string connection, string? user = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connection) { Pooling = false };
        if (user is not null) builder.Username = user;
        return builder.ToString();
    }
}
