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

        (await Scripts(connection)).ShouldBe(["journal/0001-journal.sql", "journal/0002-leases-and-cursors.sql", "journal/0003-sealing-keys.sql", "sandbox/0001-ledger.sql"]);
    }

    [Fact]
    public async Task A_database_of_the_previous_version_is_brought_up_with_what_is_in_it()
    {
        var connection = await postgres.Empty();
        PostgresMigrations.Run(connection, "journal", files: 1);
        await PostgresFixture.Run(connection, "update log_head set position = 42");
        PostgresMigrations.Journal(connection);
        (await Scripts(connection)).Count.ShouldBe(3);
        (await Scalar<long>(connection, "select position from log_head")).ShouldBe(42);
        (await Scalar<long>(connection, "select count(*) from lease")).ShouldBe(0);
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
