using Commerce.Kit.Servers;
using Npgsql;

namespace Commerce.Cli.Tests.Bench;

/// <summary>One server for the tests of what the shop is measured beside, and for each as many empty databases as it wants.</summary>
public sealed class BenchServer : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private int _databases;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public async Task<string> Database()
    {
        var name = $"bench_{++_databases}";
        await using var admin = NpgsqlDataSource.Create(_server.ConnectionString());
        await using var create = admin.CreateCommand($"create database {name}");
        await create.ExecuteNonQueryAsync();
        return _server.ConnectionString(name);
    }
}
