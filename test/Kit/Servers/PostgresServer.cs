using Npgsql;

namespace Commerce.Kit.Servers;

/// <summary>A private PostgreSQL cluster in a folder of its own, listening on the loopback address; never run as root.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The superuser; connections from the loopback address are trusted.</summary>
    public const string User = "postgres";

    private readonly OwnedFolder _folder;
    private ServerProcess _process;

    private PostgresServer(OwnedFolder folder, ServerProcess process, int port) => (_folder, _process, Port) = (folder, process, port);

    public int Port { get; }

    public TimeSpan Cpu => _process.Cpu;

    public int ProcessId => _process.Id;

    public static async Task<PostgresServer> Start()
    {
        var initdb = ServerBinaries.Postgres("initdb");
        var port = FreePorts.Take(1)[0];
        var folder = new OwnedFolder("postgres");
        try
        {
            if (Environment.IsPrivilegedProcess)
                await ServerProcess.Run("chown", [User, folder.Path], Nothing, "/");
            var (program, arguments) = AsItself(initdb, "-D", folder.Sub("data"), "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions");
            await ServerProcess.Run(program, arguments, Nothing, "/");
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

    private static ServerProcess Launch(OwnedFolder folder, int port)
    {
        var (program, arguments) = AsItself(ServerBinaries.Postgres("postgres"), "-D", folder.Sub("data"), "-p", $"{port}",
            "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={folder.Path}", "-c", "max_connections=200");
        var process = ServerProcess.Start(program, arguments, Nothing, "/");
        folder.RememberPid("postgres", process.Id);
        return process;
    }

    // setpriv becomes the program; runuser and su would stay in front of it, and the child we reap would not be the server.
    private static (string Program, string[] Arguments) AsItself(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? ("setpriv", [$"--reuid={User}", $"--regid={User}", "--clear-groups", "--", program, .. arguments])
            : (program, arguments);
}
