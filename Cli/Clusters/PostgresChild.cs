using Commerce.Servers;
using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>The cluster's own PostgreSQL in <c>DIR/postgres</c>: full durability, passwords by scram, loopback only.</summary>
internal static class PostgresChild
{
    // Each silo keeps some connections per service. After a crash every file has to be on the disk before anything else is done: in one call for all of them, not one for
    // each of some thousands, while the shop waits.
    private static readonly string[] Settings = ["max_connections=500", "fsync=on", "synchronous_commit=on", "full_page_writes=on", "recovery_init_sync_method=syncfs", "jit=off", "shared_buffers=512MB", "max_wal_size=4GB"];

    public static ChildSpec Of(ClusterFolder folder, PostgresAccess access)
    {
        var server = new PostgresFolder(Path.Combine(folder.Postgres, "data"), access.Port);
        return new ChildSpec("postgres", ChildKind.Postgres, async cancel =>
        {
            if (!Directory.Exists(server.Data)) await Create(folder.Postgres, server, access.Admin.Password, cancel);
            return new Prepared(server.Server(Settings), ready => Answers(access.Admin.ConnectionString, ready));
        });
    }

    public static async Task<bool> Answers(string connectionString, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 });
        await using var command = source.CreateCommand("select 1");
        return await command.ExecuteScalarAsync(cancel) is 1;
    }

    // Made beside its place and then moved: one that was interrupted is never taken for a cluster.
    private static async Task Create(string folder, PostgresFolder server, string password, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        var (fresh, passwordFile) = (server with { Data = server.Data + ".new" }, Path.Combine(folder, "password"));
        if (Directory.Exists(fresh.Data)) Directory.Delete(fresh.Data, recursive: true);
        PrivateFile.Write(passwordFile, password + "\n");
        try
        {
            await Ownership.Give(folder, PostgresFolder.User, cancel);
            await fresh.Create(passwordFile).RunToEnd(cancel);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        Directory.Move(fresh.Data, server.Data);
    }
}
