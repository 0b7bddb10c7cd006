using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Clusters;
using Npgsql;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>F8: the database dies and is started again at once, or later.</summary>
internal sealed record KillDatabase(int AwaySeconds) : SharedFault("F8", TimeSpan.FromSeconds(AwaySeconds))
{
    public override string What => $"PostgreSQL is killed and away for {AwaySeconds} s";

    public override Task Inject(Scene scene, CancellationToken cancel) => scene.Lab.Find("postgres").Fell();

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        var database = scene.Lab.Find("postgres");
        database.Resume();
        await database.Reaches(ChildState.Running, cancel);
    }
}

/// <summary>F9: the database stands still, with all its backends.</summary>
internal sealed record FreezeDatabase() : SharedFault("F9", TimeSpan.FromSeconds(10))
{
    public override string What => $"PostgreSQL is frozen for {Lasts.TotalSeconds:0} s";

    public override Task Inject(Scene scene, CancellationToken cancel) => Tell(scene, Signals.Stop);

    public override Task Heal(Scene scene, CancellationToken cancel) => Tell(scene, Signals.Continue);

    private static Task Tell(Scene scene, int signal)
    {
        if (scene.Lab.Find("postgres").Pid is { } id) ProcessTree.Signal(id, signal);
        return Task.CompletedTask;
    }
}

/// <summary>F11: there is no room on the database's disk.</summary>
internal sealed record DiskFull() : SharedFault("F11", TimeSpan.FromSeconds(8))
{
    private bool _filled;

    public override bool Hit => _filled;

    public override string What => $"PostgreSQL's disk is full for {Lasts.TotalSeconds:0} s (a disk in memory; where mounting is not allowed, this one does not happen)";

    public override Task Inject(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Disk?.Fill();
        _filled = scene.Lab.Disk is not null;
        return Task.CompletedTask;
    }

    // A server that found no room for its log has ended itself; the supervisor brings it back.
    public override Task Heal(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Disk?.Free();
        return Task.CompletedTask;
    }
}

/// <summary>F12: every connection of a service's pool is taken by a statement that waits for a lock.</summary>
internal sealed record PoolExhausted(string Service) : SharedFault("F12", TimeSpan.FromSeconds(8))
{
    private NpgsqlConnection? _holder;

    public override string What => $"every statement in the database of {Service} waits for a lock for {Lasts.TotalSeconds:0} s, until no connection is left";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        _holder = await Admin.Open(scene.Lab, Service, cancel);
        await Admin.Do(_holder, "begin; lock table log_head, events, stream_head in access exclusive mode", cancel);
    }

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        if (_holder is null) return;
        await Admin.Do(_holder, "rollback", cancel);
        await _holder.DisposeAsync();
    }
}

/// <summary>The administrator's way into a service's database, past the proxies.</summary>
internal static class Admin
{
    public static async Task<NpgsqlConnection> Open(Laboratory lab, string service, CancellationToken cancel)
    {
        var access = lab.Connections.Postgres;
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(access.Admin.ConnectionString) { Database = access.Logins[service].Database, Pooling = false, CommandTimeout = 30 }.ConnectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }

    public static async Task Do(NpgsqlConnection connection, string statement, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
