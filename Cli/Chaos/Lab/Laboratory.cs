using System.Diagnostics;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Cli.Verify;
using Commerce.ServiceDefaults;
using Commerce.Servers;

namespace Commerce.Cli.Chaos.Lab;

/// <summary>How a laboratory is set up.</summary>
/// <param name="Silos">Silos at the start.</param>
/// <param name="PayBy">How long an order can be paid: short, so that windows end within a run.</param>
/// <param name="Without">Promises taken away, as <c>Laboratory__Without</c> names them.</param>
/// <param name="Terms">Times of the checkout process beside, by the names of its settings.</param>
/// <param name="SmallDisk">Whether PostgreSQL's folder is a disk of its own that can be filled.</param>
internal sealed record Setup(int Silos, TimeSpan PayBy, string Without = "", bool SmallDisk = false, IReadOnlyDictionary<string, TimeSpan>? Terms = null);

/// <summary>
/// A whole cluster as direct children of this process, in a folder of its own: servers, a payment provider, silos, a gateway and analytics, with a proxy on every edge. It is the
/// cluster of <c>up --cluster</c>, under the same supervisor; only its surroundings differ.
/// </summary>
internal sealed class Laboratory : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(180), ProviderAnswersWithin = TimeSpan.FromSeconds(2);

    // PostgreSQL, the port mapper, RabbitMQ, the payment simulator, analytics and a gateway.
    private const int BesideSilos = 6;

    /// <summary>The payment simulator among the children.</summary>
    public const string ProviderName = "psp-simulator";

    private readonly Supervisor _supervisor;
    private readonly Cluster _cluster;
    private readonly IPrograms _programs;
    private readonly SmallDisk? _disk;

    private Laboratory(Setup setup, ClusterFolder folder, ClusterConnections connections, Edges edges, IPrograms programs, Supervisor supervisor, Cluster cluster, SmallDisk? disk, int port, string token, Provider provider)
    {
        (Setup, Folder, Connections, Edges, _programs, _supervisor, _cluster, _disk, Provider) = (setup, folder, connections, edges, programs, supervisor, cluster, disk, provider);
        (Url, Token) = (new Uri($"http://127.0.0.1:{port}/"), token);
        edges.Processes = () => _supervisor.Children.Where(child => child.Pid is not null).Select(child => (child.Name, child.Pid!.Value));
        Shop = new ShopClient(Url, token, ReadyWithin);
    }

    public Setup Setup { get; }

    public ClusterFolder Folder { get; }

    public ClusterConnections Connections { get; }

    public Edges Edges { get; }

    /// <summary>The payment provider's control room.</summary>
    public Provider Provider { get; }

    public Uri Url { get; }

    public string Token { get; }

    /// <summary>The shop, as its operator asks it.</summary>
    public ShopClient Shop { get; }

    public IReadOnlyList<Child> Silos => [.. _supervisor.Children.Where(child => child.Kind == ChildKind.Silo)];

    public IReadOnlyList<Child> All => _supervisor.Children;

    public Installation Installation => ClusterInstallation.Read(Folder.Root);

    /// <summary>Fills PostgreSQL's disk; null where there is no disk of its own.</summary>
    public SmallDisk? Disk => _disk;

    public static async Task<Laboratory> Start(Setup setup, CancellationToken cancel)
    {
        var nothingGiven = new ServersGiven(null, null, null);
        ClusterUp.AreInstalled(nothingGiven);
        var root = Directory.CreateTempSubdirectory("commerce-chaos-").FullName;
        // The servers' own accounts must be able to pass through it.
        if (OperatingSystem.IsWindows()) throw new MissingException("The laboratory needs Linux: it freezes, kills and looks at processes by /proc.");
        File.SetUnixFileMode(root, (UnixFileMode)0b111_101_101);
        var folder = new ClusterFolder(root);
        folder.Make();
        var provider = ShopProvider.Choose(folder.Root, PaymentSettings.Simulator, static _ => null).Within(ProviderAnswersWithin);
        var disk = setup.SmallDisk ? await SmallDisk.Mount(folder.Postgres, cancel) : null;
        var connections = ClusterUp.Connections(folder, nothingGiven, fresh: true);
        var token = OperatorToken.Ensure(root);
        var variables = new Dictionary<string, string> { ["Laboratory__Without"] = setup.Without, ["Commerce__Checkout__PayBy"] = setup.PayBy.ToString("c") };
        foreach (var (name, time) in setup.Terms ?? new Dictionary<string, TimeSpan>()) variables[$"Commerce__Checkout__{name}"] = time.ToString("c");
        var edges = new Edges(folder, connections, variables);
        var port = FreePorts.TakeLasting(1, new Random())[0];
        var supervisor = new Supervisor(new ProcessLauncher(folder), TimeProvider.System, static _ => { });
        var programs = new Programs(folder, connections, port, silosAreGateways: false, surroundings: edges, provider: provider);
        var cluster = new Cluster(folder, ClusterPlan.Of([], setup.Silos, 1), connections, programs, supervisor, port);
        var laboratory = new Laboratory(setup, folder, connections, edges, programs, supervisor, cluster, disk, port, token, new Provider(provider));
        try
        {
            await cluster.Start(cancel);
            await laboratory.AllRun(cancel);
            return laboratory;
        }
        catch
        {
            await laboratory.DisposeAsync();
            throw;
        }
    }

    public Child Find(string name) => _supervisor.Find(name);

    public string SiloName(int number) => Silos[(number - 1) % Silos.Count].Name;

    public Task Scale(int silos, CancellationToken cancel) => _cluster.Do(new ControlRequest("scale", "silo", silos), static _ => { }, cancel);

    /// <summary>Has a silo run off another build from its next start on.</summary>
    public void UseBuild(string silo, string tree) => _programs.Use(silo, ChildKind.Silo, tree);

    /// <summary>Waits until every child runs. The broker comes last, and is not yet a child at first.</summary>
    public async Task AllRun(CancellationToken cancel)
    {
        var began = Stopwatch.StartNew();
        while (All.Count < BesideSilos + Silos.Count || All.Any(child => child.State != ChildState.Running))
        {
            if (began.Elapsed > ReadyWithin)
                throw new MissingException($"{string.Join(", ", All.Where(child => child.State != ChildState.Running).Select(child => child.Name))} did not come back within {ReadyWithin.TotalSeconds:0} s; the logs are in {Folder.Logs}.");
            await Task.Delay(100, cancel);
        }
    }

    /// <summary>How many grains of ours a silo holds now: the work a fault of it hits.</summary>
    public async Task<long> GrainsOn(string silo, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            return await Shop.TryGet("v1/admin/cluster", patience.Token) is { Ok: true } answer ? ClusterStatus.Grains(answer.Body, silo) ?? 0 : 0;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>Everything ends at once, as when the power goes.</summary>
    public Task PowerOff() => Task.WhenAll(All.Select(child => child.Fell()));

    /// <summary>Everything is started again; the broker does not start without its port mapper.</summary>
    public async Task PowerOn(CancellationToken cancel)
    {
        // What sells comes first: an order waits for neither analytics nor the broker, which would take their share of the processors meanwhile.
        bool CanWait(Child child) => child.Kind is ChildKind.Analytics or ChildKind.RabbitMq;
        foreach (var child in All.Where(child => !CanWait(child)).OrderByDescending(child => child.Kind)) child.Resume();
        await Task.WhenAll(All.Where(child => child.Kind is ChildKind.Gateway or ChildKind.Epmd).Select(child => child.Reaches(ChildState.Running, cancel)));
        foreach (var child in All.Where(CanWait)) child.Resume();
    }

    /// <summary>Keeps the folder for whoever wants to look.</summary>
    public bool Keep { get; set; }

    public async ValueTask DisposeAsync()
    {
        Shop.Dispose();
        Provider.Dispose();
        // A frozen one hears nothing; nobody needs a clean end here.
        foreach (var child in All.Where(child => child.Pid is not null)) ProcessTree.Signal(child.Pid!.Value, Signals.Continue);
        await Task.WhenAll(All.Select(child => child.Stop(TimeSpan.Zero)));
        await Edges.DisposeAsync();
        _cluster.Dispose();
        if (_disk is not null)
        {
            if (Keep) await _disk.Keep();
            await _disk.DisposeAsync();
            if (Keep) Directory.Delete(Folder.Postgres);
            if (Keep) Directory.Move($"{Folder.Postgres}.kept", Folder.Postgres);
        }

        if (!Keep) Directory.Delete(Folder.Root, recursive: true);
    }
}
