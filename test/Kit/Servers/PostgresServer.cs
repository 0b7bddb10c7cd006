using Commerce.Servers;
using Npgsql;

namespace Commerce.Kit.Servers;

/// <summary>A private PostgreSQL cluster in a folder of its own, listening on the loopback address; never run as root.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The superuser; connections from the loopback address are trusted.</summary>
    public const string User = PostgresFolder.User;

    private readonly OwnedFolder _folder;
    private ServerProcess _process;

    private PostgresServer(OwnedFolder folder, ServerProcess process, int port) => (_folder, _process, Port) = (folder, process, port);

    public int Port { get; }

    public TimeSpan Cpu => _process.Cpu;

    public int ProcessId => _process.Id;

    public static async Task<PostgresServer> Start()
    {
        var port = FreePorts.Take(1)[0];
        var folder = new OwnedFolder("postgres");
        try
        {
            if (Environment.IsPrivilegedProcess)
                await ServerProcess.Run("chown", [User, folder.Path], Nothing, "/");
            await In(folder, port).Create(passwordFile: null).RunToEnd();
            var process = Launch(folder, port);
            await process.AcceptsConnections(port, TimeSpan.FromSeconds(60));
            var server = new PostgresServer(folder, process, port);
            await server.LetsIn();
            return server;
        }
        catch
        {
            await folder.DisposeAsync();
            throw;
        }
    }

    public string ConnectionString(string database = "postgres") => $"Host=127.0.0.1;Port={Port};Username={User};Database={database}";

    /// <summary><c>kill -9</c> of the postmaster and its backends.</summary>
    public Task Kill() => _process.Kill();

    /// <summary>Starts the killed cluster again; it recovers from its log.</summary>
    public async Task Restart()
    {
        await _process.DisposeAsync();
        _process = Launch(_folder, Port);
        await _process.AcceptsConnections(Port, TimeSpan.FromSeconds(60));
        await LetsIn();
    }

    /// <summary>Killed, it goes on as a standby that has everything does when it takes over: in the next timeline.</summary>
    public async Task Promote()
    {
        await Kill();
        await File.WriteAllTextAsync(Path.Combine(_folder.Sub("data"), "standby.signal"), "");
        await Restart();
        await using var admin = new NpgsqlConnection(ConnectionString() + ";Pooling=false");
        await admin.OpenAsync();
        await using var promote = new NpgsqlCommand("select pg_promote()", admin);
        if (await promote.ExecuteScalarAsync() is not true) throw new InvalidOperationException($"It was not promoted. Last words:\n{_process.LastWords()}");
    }

    /// <summary>A server listens before it is done starting; until then it turns everybody away.</summary>
    private async Task LetsIn()
    {
        for (var left = 600; ; left--)
        {
            try
            {
                await using var door = new NpgsqlConnection(ConnectionString() + ";Pooling=false");
                await door.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (left > 0 && !_process.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _folder.DisposeAsync();
    }

    private static readonly Dictionary<string, string> Nothing = [];

    private static PostgresFolder In(OwnedFolder folder, int port) => new(folder.Sub("data"), port);

    // Tests end processes, never the machine: what was written is there without having reached the disk, and a slow disk stops nobody for seconds.
    private static ServerProcess Launch(OwnedFolder folder, int port)
    {
        var process = ServerProcess.Start(In(folder, port).Server("max_connections=200", "fsync=off", "jit=off"));
        folder.RememberPid("postgres", process.Id);
        return process;
    }
}
