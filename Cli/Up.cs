using System.CommandLine;
using System.Net.Sockets;
using Commerce.Analytics.Store;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Silo.Journal;
using Microsoft.Data.Sqlite;

namespace Commerce.Cli;

/// <summary><c>commerce up</c>: a shop in the foreground, until SIGINT or SIGTERM.</summary>
internal static class Up
{
    /// <summary>A stop that takes longer is cut short; the journal is durable at any moment. A supervisor waits 30 s.</summary>
    private static readonly TimeSpan StopAtTheLatest = TimeSpan.FromSeconds(27);

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);

    private static readonly Option<int> Port = new("--port") { Description = "Port of the HTTP interface.", HelpName = "N", DefaultValueFactory = _ => ShopAddress.DefaultPort };

    private static readonly Option<bool> NoSeed = new("--no-seed") { Description = "Start with an empty catalogue." };

    private static readonly Option<bool> AsCluster = new("--cluster")
    {
        Description = "Run silos, gateways and analytics as processes of their own, with PostgreSQL and RabbitMQ: private ones from the installed binaries, "
            + $"or those that {ServersGiven.PostgresVariable} (an administrator), {ServersGiven.RabbitMqVariable} and {ServersGiven.ManagementVariable} name.",
    };

    private static readonly Option<int?> Silos = new("--silos") { Description = "With --cluster: how many silos (default 3); with --roles: how many of every kind (default 1).", HelpName = "N" };

    private static readonly Option<int?> Gateways = new("--gateways") { Description = "With --cluster: how many gateways; gateway i listens on port N+i-1 (default 1). With 0 every silo is a gateway, too, in one process: silo i listens on port N+i-1.", HelpName = "N" };

    private static readonly Option<string[]> Roles = new("--roles")
    {
        Description = "With --cluster: 'each' for a kind of silo per role, or the kinds one by one: --roles 'cart,catalog;order,inventory,payment,customer', "
            + "or --roles several times. Without it every silo has all roles.",
        HelpName = "each|LIST",
    };

    private static readonly Option<string?> Psp = new("--psp")
    {
        Description = "The payment provider: 'sandbox' within the shop (default), or 'simulator', a program of its own with pages, messages and faults. A shop keeps its provider.",
        HelpName = "sandbox|simulator",
    };

    private static readonly Option<bool> WithTestClock = new("--test-clock") { Description = "Run by a clock that './commerce clock advance 00:30:00' moves forward; refused where the environment says production." };

    public static Command Create()
    {
        var command = new Command("up", "Run a shop in the foreground. It prints 'ready URL' once orders are accepted; the operator's token is in DIR/operator-token.")
        {
            AsCluster, Silos, Gateways, Roles, Psp, Port, NoSeed, WithTestClock, ShopAddress.Data,
        };
        command.SetCommand(Run);
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancel)
    {
        var (data, port) = (ShopAddress.DataDirOf(parsed), parsed.GetValue(Port));
        RefuseNoPort(port);
        using var inUse = HoldBuild();
        var (silos, gateways, roles) = (parsed.GetValue(Silos), parsed.GetValue(Gateways), parsed.GetValue(Roles) ?? []);
        if (parsed.GetValue(AsCluster)) return await ClusterUp.Run(data, port, ClusterPlan.Of(roles, silos, gateways), !parsed.GetValue(NoSeed), parsed.GetValue(Psp), parsed.GetValue(WithTestClock), cancel);
        if (silos is not null || gateways is not null || roles.Length > 0) throw new UsageException("--silos, --gateways and --roles belong to 'up --cluster'.");
        if (File.Exists(DataFolder.ConnectionsOf(data))) throw new MissingException($"{data} holds a cluster; start it with --cluster, or name another folder with --data.");
        PortIsFree(port);
        // Held from here on: nothing in the folder is touched that another shop may be using.
        using var folder = DataFolder.Open(data);
        folder.RefuseHalf();
        var url = $"http://127.0.0.1:{port}";
        UpProcess.Note(folder, url);
        var token = OperatorToken.Ensure(data);

        var provider = ShopProvider.Choose(folder.Path, parsed.GetValue(Psp), Environment.GetEnvironmentVariable);
        var clock = ClockCommand.Prepare(folder.Path, parsed.GetValue(WithTestClock));
        await using var simulator = provider.IsOwn ? await SimulatorProcess.Start(Programs.Find(SimulatorProgram.Name), folder.Path, provider, url, clock, cancel) : null;
        var app = EmbeddedShop.Build(folder, port, token, provider.Settings, clock);
        var started = false;
        var urlFile = Path.Combine(data, ShopAddress.UrlFile);
        try
        {
            await Start(app, data, port, cancel);
            started = true;
            using (var shop = new ShopClient(new Uri(url + "/"), token, ReadyWithin))
            {
                await shop.Get("healthz/ready", cancel);
                if (!parsed.GetValue(NoSeed)) await Seed.Into(shop, cancel);
            }

            await Console.Out.WriteLineAsync($"ready {url}");
            await Console.Out.FlushAsync(cancel);
            await app.WaitForShutdownAsync(cancel);
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
        finally
        {
            File.Delete(urlFile);
            await Stop(app, started);
        }
    }

    private static async Task Start(WebApplication app, string data, int port, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            for (var cause = e; cause is not null; cause = cause.InnerException)
            {
                if (cause is DataFolderException or AnalyticsStoreException) throw new MissingException(cause.Message);
                if (cause is SqliteException failure) throw new MissingException(DataFolder.Explain(data, failure).Message);
                if (cause is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }) throw PortTaken(port);
            }

            throw;
        }
    }

    private static async Task Stop(WebApplication app, bool started)
    {
        // Whatever hangs, the process ends in time: nothing that was answered can be lost by it.
        using var deadline = new Timer(static _ => Environment.Exit(ExitCode.Ok), null, StopAtTheLatest, Timeout.InfiniteTimeSpan);
        if (started) await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    // The build this runs off is not replaced while somebody holds it for reading.
    private static FileStream? HoldBuild()
    {
        var file = Environment.GetEnvironmentVariable("COMMERCE_IN_USE");
        try
        {
            return file is { Length: > 0 } && File.Exists(file) ? new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal static void PortIsFree(int port)
    {
        RefuseNoPort(port);
        try
        {
            using var listener = new TcpListener(System.Net.IPAddress.Loopback, port);
            listener.Start();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            throw PortTaken(port);
        }
    }

    private static void RefuseNoPort(int port)
    {
        if (port is < 1 or > 65_535) throw new UsageException($"{port} is not a port; with --port, and those after it that a cluster takes, it is 1 to 65535.");
    }

    private static MissingException PortTaken(int port) => new($"Port {port} is in use or not allowed; stop the program that listens there, or choose another with --port.");
}
