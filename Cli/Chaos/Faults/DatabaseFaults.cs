using System.Collections.Concurrent;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Npgsql;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>F8: the database dies and is started again at once, or later.</summary>
internal sealed record KillDatabase(int AwaySeconds) : SharedFault("F8", TimeSpan.FromSeconds(AwaySeconds))
{
    public override string What => $"PostgreSQL is killed and away for {AwaySeconds} s";

    private static readonly TimeSpan BetweenWrites = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, int> _answers = new(StringComparer.Ordinal);
    private Task _writes = Task.CompletedTask;
    private CancellationTokenSource? _back;

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        await scene.Lab.Find("postgres").Fell();
        _back = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _writes = Write(scene, _back.Token);
    }

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        await _back!.CancelAsync();
        await _writes;
        _back.Dispose();
        if (!_answers.IsEmpty) Progress.Say($"      Writes while it was away were answered {string.Join(", ", _answers.OrderBy(answer => answer.Key).Select(answer => $"{answer.Key}: {answer.Value}"))}.");
        var database = scene.Lab.Find("postgres");
        database.Resume();
        await database.Reaches(ChildState.Running, cancel);
    }

    // Nothing new can be durable while there is no database, whatever is said: each of these is a write nobody asked for before.
    private async Task Write(Scene scene, CancellationToken back)
    {
        var asked = new List<Task>();
        for (var number = 0; !back.IsCancellationRequested; number++)
        {
            asked.Add(WriteOnce(scene, number, back));
            await Task.Delay(BetweenWrites, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(asked);
    }

    private async Task WriteOnce(Scene scene, int number, CancellationToken back)
    {
        var write = Call.Post($"v1/admin/stock/{Shelf.Basket(number)}/adjustments", new { delta = 1, reason = "laboratory" }, $"{scene.Run}-away-{Guid.NewGuid()}", bearer: scene.Lab.Token);
        if (await scene.Client.Once("writer", write, back) is not { } reply)
        {
            if (!back.IsCancellationRequested) _answers.AddOrUpdate("not at all", 1, static (_, before) => before + 1);
            return;
        }

        _answers.AddOrUpdate($"{(int)reply.Status}", 1, static (_, before) => before + 1);
        if (reply.Ok) scene.Findings.Add("written-without-database", $"{write.Path} was answered {(int)reply.Status} while PostgreSQL was away");
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
internal sealed record DiskFull() : SharedFault(Name, TimeSpan.FromSeconds(8))
{
    public const string Name = "F11";

    private bool _filled;

    public override bool Hit => _filled;

    public override string What => $"PostgreSQL's disk is full for {Lasts.TotalSeconds:0} s (a disk in memory)";

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

    /// <summary>Who holds a lease of a service; waits until somebody does.</summary>
    public static async Task<string> HolderOf(Laboratory lab, string service, string lease, CancellationToken cancel)
    {
        await using var connection = await Open(lab, service, cancel);
        await using var ask = new NpgsqlCommand("select holder from lease where name = $1 and until > now()", connection);
        ask.Parameters.Add(new NpgsqlParameter<string> { TypedValue = lease });
        while (true)
        {
            if (await ask.ExecuteScalarAsync(cancel) is string holder) return holder;
            await Task.Delay(200, cancel);
        }
    }

    public static async Task Do(NpgsqlConnection connection, string statement, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
