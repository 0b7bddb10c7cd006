using System.Collections.Concurrent;
using System.Globalization;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Servers;

namespace Commerce.Cli.Clusters;

/// <summary>The cluster's processes of our own making, as they are to be started; tests have others.</summary>
internal interface IPrograms
{
    ChildSpec Silo(int number, IReadOnlyList<string> roles);

    ChildSpec Analytics(int number);

    ChildSpec Gateway(int number);

    /// <summary>Has a process run off another build from its next start on.</summary>
    void Use(string name, ChildKind kind, string build);

    /// <summary>The build it runs off; null when it is that of <c>up</c>.</summary>
    string? BuildOf(string name);

    /// <summary>The payment simulator, when the shop has one of its own.</summary>
    ChildSpec? PaymentSimulator => null;
}

/// <summary>Silo, Gateway and Analytics as they were built beside this program. What they must know they are told by environment: secrets never stand on a command line.</summary>
internal sealed class Programs(
    ClusterFolder folder, ClusterConnections connections, int port, bool silosAreGateways, string? clock = null, ISurroundings? surroundings = null,
    ShopProvider? provider = null) : IPrograms
{
    private readonly ISurroundings _around = surroundings ?? new Directly(connections);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    private readonly ConcurrentDictionary<string, string> _builds = new(StringComparer.Ordinal);

    public void Use(string name, ChildKind kind, string build)
    {
        _ = Find(silosAreGateways && kind == ChildKind.Silo ? "Cli" : kind.ToString(), build);
        _builds[name] = build;
    }

    public string? BuildOf(string name) => _builds.GetValueOrDefault(name);

    public ChildSpec Silo(int number, IReadOnlyList<string> roles) => new ChildSpec($"silo-{number}", ChildKind.Silo, _ =>
    {
        var (variables, siloPort) = Variables($"silo-{number}");
        var there = _around.ConnectionsOf($"silo-{number}");
        variables["Roles"] = string.Join(',', roles);
        Pay(variables);
        variables["Http"] = $"http://127.0.0.1:{FreePort()}";
        foreach (var role in roles)
        {
            variables[$"ConnectionStrings__{role}"] = there.Postgres.Logins[role].ConnectionString;
            variables[$"ConnectionStrings__broker_{role}"] = there.Rabbitmq.Users[role].VirtualHosts[ClusterConnections.VirtualHostOf(role)];
        }

        if (!silosAreGateways) return Task.FromResult(new Prepared(Program("Silo", variables, BuildOf(variables["Name"])), ready => IsActive($"silo-{number}", siloPort, ready)));

        Open(variables, number);
        return Task.FromResult(new Prepared(Program("Cli", variables, BuildOf(variables["Name"]), NodeCommand.Name), ready => Answers(variables["Http"], ready)));
    }) { Roles = roles };

    public ChildSpec Analytics(int number) => new ChildSpec($"analytics-{number}", ChildKind.Analytics, _ =>
    {
        var ((variables, siloPort), http) = (Variables($"analytics-{number}"), FreePort());
        var there = _around.ConnectionsOf($"analytics-{number}");
        variables["Http"] = $"http://127.0.0.1:{http}";
        variables["ConnectionStrings__analytics"] = there.Postgres.Logins["analytics"].ConnectionString;
        foreach (var feed in ClusterConnections.AnalyticsFeeds)
            variables[$"ConnectionStrings__broker_{feed}"] = there.Rabbitmq.Users["analytics"].VirtualHosts[ClusterConnections.VirtualHostOf(feed)];
        return Task.FromResult(new Prepared(Program("Analytics", variables, BuildOf(variables["Name"])), async ready => await IsActive($"analytics-{number}", siloPort, ready) && await RabbitMqChild.Listens(http, ready)));
    }) { Roles = ["analytics"] };

    public ChildSpec Gateway(int number) => new($"gateway-{number}", ChildKind.Gateway, _ =>
    {
        var (variables, _) = Variables($"gateway-{number}");
        Open(variables, number);
        return Task.FromResult(new Prepared(Program("Gateway", variables, BuildOf(variables["Name"])), ready => Answers(variables["Http"], ready)));
    });

    private ShopProvider Payments => provider ?? ShopProvider.Sandbox;

    public ChildSpec? PaymentSimulator => !Payments.IsOwn ? null : new("psp-simulator", ChildKind.PaymentSimulator, _ => Task.FromResult(new Prepared(
        SimulatorProgram.Launch(Find(SimulatorProgram.Name), folder.Root, Payments, $"http://127.0.0.1:{_around.MessagesTo(port)}", clock), ready => SimulatorProgram.Answers(Payments.Url, ready))));

    /// <summary>Whether a gateway takes orders.</summary>
    public static async Task<bool> Answers(string url, CancellationToken cancel)
    {
        using var answer = await Http.GetAsync(new Uri($"{url}/healthz/ready"), cancel);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>How a program of ours is called. Name and folder once more as arguments, where `ps` shows them.</summary>
    public static Launch Program(string project, Dictionary<string, string> variables, string? build = null, params string[] first)
    {
        var file = Find(project, build);
        return new Launch(Launch.DotNet, [file, .. first, $"--Name={variables["Name"]}", $"--Data={variables["Data"]}"], variables, Path.GetDirectoryName(file)!);
    }

    private void Open(Dictionary<string, string> variables, int number)
    {
        variables["Http"] = $"http://127.0.0.1:{port + number - 1}";
        Pay(variables);
        variables["OperatorTokenFile"] = Path.Combine(folder.Root, OperatorToken.FileName);
    }

    // Pages are always at the simulator's own address: shoppers come from outside.
    private void Pay(Dictionary<string, string> variables)
    {
        foreach (var (name, value) in Payments.Variables) variables[name] = value;
        if (!Payments.IsOwn) return;
        variables["Payments__Url"] = _around.ProviderOf(variables["Name"], Payments.Url).AbsoluteUri;
        variables["Payments__PageUrl"] = Payments.Url.AbsoluteUri;
    }

    private Task<bool> IsActive(string name, int siloPort, CancellationToken cancel) => Membership.IsActive(connections.Postgres.Logins["cluster"].ConnectionString, name, siloPort, cancel);

    private (Dictionary<string, string> Variables, int Port) Variables(string name)
    {
        var listens = FreePort();
        var reached = _around.PortOf(name, listens);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Name"] = name,
            ["SiloPort"] = reached.ToString(CultureInfo.InvariantCulture),
            ["SiloListenPort"] = listens.ToString(CultureInfo.InvariantCulture),
            ["Data"] = Directory.CreateDirectory(folder.DataOf(name)).FullName,
            ["Secrets"] = folder.Secrets,
            ["TestClock"] = clock ?? "",
            ["Shards"] = "on",
            ["OperatorTokenFile"] = Path.Combine(folder.Root, OperatorToken.FileName),
            ["ConnectionStrings__cluster"] = _around.ConnectionsOf(name).Postgres.Logins["cluster"].ConnectionString,
            ["DOTNET_TieredPGO"] = "0",
        };
        foreach (var (key, value) in SharedMachine) variables[key] = value;
        foreach (var (key, value) in _around.VariablesOf(name)) variables[key] = value;
        return (variables, reached);
    }

    /// <summary>How a runtime is set that shares its machine with a database, a broker and others like it.</summary>
    public static IReadOnlyDictionary<string, string> SharedMachine { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // Give memory back rather than keep it for speed.
        ["DOTNET_gcServer"] = "0",
        // What a request allocates is garbage when it is answered. With the default budget, the size of a cache, it was collected so often that a quarter of a silo's time went there.
        ["DOTNET_GCgen0size"] = $"0x{64 << 20:x}",
        // A thread without work sleeps at once: looking for some by spinning took more than half of a silo's time where processes outnumber processors.
        ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
        // Code pages that are mapped twice, to write and to run, are a sixth of a start.
        ["DOTNET_EnableWriteXorExecute"] = "0",
    };

    /// <summary>A program of ours as it was built beside this one, or by another build.</summary>
    public static string Find(string project, string? build = null)
    {
        if (build is not null)
        {
            var other = Path.Combine(build, "artifacts", "bin", project, "release", $"{project}.dll");
            return File.Exists(other) ? other : throw new MissingException($"{build} holds no build of {project} ({other} is missing); run './commerce --version' there, which builds it.");
        }

        var built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, "release", $"{project}.dll"));
        if (File.Exists(built)) return built;
        var beside = Path.Combine(AppContext.BaseDirectory, $"{project}.dll");
        return File.Exists(beside) ? beside : throw new MissingException($"{project} is not built ({built} is missing); run './commerce up --cluster', which builds it.");
    }

    private static int FreePort() => FreePorts.TakeLasting(1, new Random())[0];
}
