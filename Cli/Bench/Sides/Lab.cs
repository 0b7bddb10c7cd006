using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Bench.Sides;

/// <summary>
/// The servers a measurement runs on, in a folder of its own that is deleted at the end: one PostgreSQL and one RabbitMQ with the settings of
/// <c>up --cluster</c>, for both sides. Only the side under test has processes.
/// </summary>
internal sealed class Lab : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);

    private readonly ClusterFolder _folder;
    private readonly Supervisor _supervisor;

    private Lab(ClusterFolder folder, ClusterConnections connections, Supervisor supervisor) => (_folder, Connections, _supervisor) = (folder, connections, supervisor);

    public ClusterConnections Connections { get; }

    public ClusterFolder Folder => _folder;

    public string AdminConnection => Connections.Postgres.Admin.ConnectionString;

    public string OperatorToken { get; private init; } = "";

    public static async Task<Lab> Start(CancellationToken cancel)
    {
        try
        {
            _ = (ServerBinaries.Postgres("initdb"), ServerBinaries.RabbitMq, ServerBinaries.Epmd);
        }
        catch (ServerMissingException missing)
        {
            throw new MissingException(missing.Message);
        }

        var root = Directory.CreateTempSubdirectory("commerce-bench-").FullName;
        // The servers' accounts must be able to pass through.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(root, (UnixFileMode)0b111_101_101);
        var folder = new ClusterFolder(root);
        folder.Make();
        PrivateFile.Write(Path.Combine(folder.Secrets, "master.key"), Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        var connections = ClusterConnections.Of(null, new ServersGiven(null, null, null), FreePorts.IsFree, new Random());
        connections.Write(folder.Connections);
        var lab = new Lab(folder, connections, new Supervisor(new ProcessLauncher(folder), TimeProvider.System, Progress.Say)) { OperatorToken = Shops.OperatorToken.Ensure(root) };
        try
        {
            await lab.StartServers(cancel);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public Task<Child> Run(ChildSpec spec, CancellationToken cancel) => Ready(_supervisor.Add(spec), cancel);

    public Task End(Child child) => _supervisor.Remove(child);

    public Child Find(string name) => _supervisor.Find(name);

    /// <summary>Processor time a child and all it started have used so far.</summary>
    public double CpuSeconds(string child) => Find(child).Pid is { } pid ? ProcessTree.CpuSeconds(pid) : 0;

    /// <summary>Stops the broker, or has it run again.</summary>
    public Task SetBroker(bool runs, CancellationToken cancel) => runs ? Resume("rabbitmq", cancel) : Drain("rabbitmq");

    /// <summary>Has a child end; it stays away.</summary>
    public Task Drain(string name) => Supervisor.Drain(Find(name));

    public async Task Resume(string name, CancellationToken cancel)
    {
        var child = Find(name);
        child.Resume();
        await Ready(child, cancel);
    }

    /// <summary>What a silo with all roles must be told, to run in another process than a child of this lab; it has no broker.</summary>
    public Dictionary<string, string?> SettingsOfASilo()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Name"] = "bench", ["SiloPort"] = $"{FreePorts.TakeLasting(1, new Random())[0]}", ["Data"] = _folder.Root, ["Secrets"] = _folder.Secrets, ["Http"] = "http://127.0.0.1:0",
            ["OperatorTokenFile"] = Path.Combine(_folder.Root, Shops.OperatorToken.FileName),
        };
        foreach (var (service, login) in Connections.Postgres.Logins) settings[$"ConnectionStrings:{service}"] = login.ConnectionString;
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        await _supervisor.StopAll();
        Directory.Delete(_folder.Root, recursive: true);
    }

    private async Task StartServers(CancellationToken cancel)
    {
        var postgres = Run(PostgresChild.Of(_folder, Connections.Postgres), cancel);
        await Run(RabbitMqChild.Epmd(_folder, Connections.Rabbitmq), cancel);
        await Run(RabbitMqChild.Broker(_folder, Connections.Rabbitmq), cancel);
        await postgres;
    }

    private async Task<Child> Ready(Child child, CancellationToken cancel)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        within.CancelAfter(ReadyWithin);
        try
        {
            await child.Reaches(ChildState.Running, within.Token);
            return child;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            var log = _folder.LogOf(child.Name);
            throw new MissingException($"{child.Name} did not get ready within {ReadyWithin.TotalSeconds:0} s. Its last words: {string.Join('\n', File.ReadLines(log).TakeLast(10))}");
        }
    }
}
