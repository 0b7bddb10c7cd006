using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Kit.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

[assembly: AssemblyFixture(typeof(Commerce.Tests.Storages.Postgres))]

namespace Commerce.Tests.Storages;

/// <summary>Somewhere to keep projections, empty at first; every test that is about what is kept runs on each of them.</summary>
public abstract class TestStorage : IAsyncDisposable
{
    public abstract AnalyticsStorage Storage { get; }

    public AnalyticsStore Open() => AnalyticsStore.Open(Storage);

    /// <summary>Another one, as empty as this was.</summary>
    public abstract Task<TestStorage> Another();

    /// <summary>Changes what is stored behind the store's back.</summary>
    public abstract Task Run(string sql);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A file.</summary>
public sealed class SqliteFolder : TestStorage
{
    private readonly DataFolder _folder = new();

    public string Path => _folder.Path;

    public override AnalyticsStorage Storage => AnalyticsStorage.Sqlite(Path);

    public override Task<TestStorage> Another() => Task.FromResult<TestStorage>(new SqliteFolder());

    public override async Task Run(string sql)
    {
        await using var db = new SqliteConnection($"Data Source={System.IO.Path.Combine(Path, AnalyticsStore.FileName)};Pooling=False");
        db.Open();
        await using var command = new SqliteCommand(sql, db);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A database.</summary>
public sealed class PostgresDatabase(Postgres server, string name) : TestStorage
{
    public string ConnectionString { get; } = server.Server.ConnectionString(name) + ";Include Error Detail=true";

    public override AnalyticsStorage Storage => AnalyticsStorage.Postgres(ConnectionString);

    public override async Task<TestStorage> Another() => await server.Create();

    public override async Task Run(string sql)
    {
        await using var db = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await db.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>With everybody who is connected thrown out.</summary>
    public Task Drop() => server.Run($"drop database {name} with (force)");

    public Task Create() => server.Run($"create database {name}");

    // The server goes with the tests, and its databases with it.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One server for all tests of this assembly.</summary>
public sealed class Postgres : IAsyncLifetime
{
    private int _databases;

    internal PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.Start();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    public async Task<PostgresDatabase> Create()
    {
        var database = new PostgresDatabase(this, $"analytics_{Interlocked.Increment(ref _databases)}");
        await database.Create();
        return database;
    }

    public async Task Run(string sql)
    {
        await using var db = new NpgsqlConnection(Server.ConnectionString() + ";Pooling=false");
        await db.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}

internal static class Stores
{
    /// <summary>Applies everything, one run per service.</summary>
    public static async Task Apply(this AnalyticsStore store, Happenings happened)
    {
        foreach (var service in ProjectionFold.Services)
            if (happened.Feed(service).Count > 0) await store.Apply(happened.Run(service, 1, happened.Feed(service).Count));
    }
}
