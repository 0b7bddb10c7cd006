using Commerce.Kit.Servers;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Commerce.Silo.Tests.Journal;

/// <summary>One private PostgreSQL for all tests of the assembly, started by the first that asks; each test has databases of its own in it.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(PostgresServer.Start);
    private readonly Lazy<Task> _template;
    private int _names;

    public PostgresFixture() => _template = new Lazy<Task>(async () =>
    {
        var connection = await Empty("template_journal");
        PostgresMigrations.Journal(connection);
    });

    /// <summary>A superuser's connection string.</summary>
    public async Task<string> Admin(string database = "postgres") => await Connection(database, (await _server.Value).Port);

    /// <summary>A connection string of a new, empty database.</summary>
    public Task<string> Empty() => Empty(NewName("empty"));

    /// <summary>New journals of some services, with every migration done; through a proxy's port if given.</summary>
    public async Task<ServiceDatabases> Journals(IEnumerable<string> services, Func<int, int>? port = null)
    {
        await _template.Value;
        var server = await _server.Value;
        var connections = new Dictionary<string, string>();
        foreach (var service in services)
        {
            var name = NewName(service);
            await Run(await Admin(), $"create database {name} template template_journal");
            connections[service] = await Connection(name, port?.Invoke(server.Port) ?? server.Port);
        }

        return new ServiceDatabases(connections);
    }

    /// <summary>The port of the server itself.</summary>
    public async Task<int> Port() => (await _server.Value).Port;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }

    /// <summary>The same database by another port: behind a proxy, or around it.</summary>
    public static string Through(string connection, int port) => new NpgsqlConnectionStringBuilder(connection) { Port = port }.ToString();

    public static PostgresJournal Open(ServiceDatabases databases, TimeProvider? time = null) => new(databases, time ?? TimeProvider.System, NullLogger<PostgresJournal>.Instance);

    public static async Task<int> Run(string connection, string sql)
    {
        // What a test prepares is no sale: it has minutes, on however slow a machine.
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 300 }.ToString());
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return await command.ExecuteNonQueryAsync();
    }

    private async Task<string> Empty(string name)
    {
        await Run(await Admin(), $"create database {name}");
        return await Admin(name);
    }

    private string NewName(string service) => $"test_{Interlocked.Increment(ref _names)}_{service}";

    private static Task<string> Connection(string database, int port) =>
        Task.FromResult($"Host=127.0.0.1;Port={port};Username={PostgresServer.User};Database={database}");
}
