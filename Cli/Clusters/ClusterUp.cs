using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Servers;
using Commerce.Silo.Composition;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Clusters;

/// <summary><c>commerce up --cluster</c>: servers, silos, gateways and analytics as children in the foreground, until SIGINT or SIGTERM.</summary>
internal static class ClusterUp
{
    public static async Task<int> Run(string data, int port, ClusterPlan plan, bool seed, string? psp, bool testClock, CancellationToken stopped)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => { context.Cancel = true; ending.Cancel(); });
        var cancel = ending.Token;
        var given = ServersGiven.Here;
        AreInstalled(given);
        // The silos read them, too; here they are said to be wrong before anything has started.
        _ = CheckoutSettings.Here;
        using var held = DataFolder.Open(data);
        if (File.Exists(held.Journal)) throw new MissingException($"{data} holds a shop that runs in one process; name another folder for the cluster with --data.");
        var url = $"http://127.0.0.1:{port}";
        UpProcess.Note(held, url);

        var folder = new ClusterFolder(held.Path);
        folder.Make();
        await Leftovers.End(folder, cancel);
        for (var i = 0; i < (plan.SilosAreGateways ? plan.Silos : plan.Gateways); i++) Up.PortIsFree(port + i);
        if (given.Postgres is null) await Ownership.CanPass(folder.Root, PostgresFolder.User, cancel);
        if (given.RabbitMq is null) await Ownership.CanPass(folder.Root, RabbitMqFolder.User, cancel);

        var provider = ShopProvider.Choose(folder.Root, psp, Environment.GetEnvironmentVariable);
        // Before the connections are kept, which say that a cluster has run here.
        var clock = ClockCommand.Prepare(folder.Root, testClock);
        var connections = Connections(folder, given);
        var token = OperatorToken.Ensure(folder.Root);
        var supervisor = new Supervisor(new ProcessLauncher(folder), TimeProvider.System, Progress.Say);
        using var cluster = new Cluster(folder, plan, connections, new Programs(folder, connections, port, plan.SilosAreGateways, clock, provider: provider), supervisor, port);
        var urlFile = Path.Combine(folder.Root, ShopAddress.UrlFile);
        try
        {
            await using var control = new ControlSocket(folder, cluster.Do);
            Progress.Say($"Starting {plan.Silos} silo{(plan.Silos == 1 ? "" : "s")}; logs are in {folder.Logs}.");
            await cluster.Start(cancel);
            if (seed)
            {
                using var shop = new ShopClient(new Uri(url + "/"), token);
                await Seed.Into(shop, cancel);
            }

            await Console.Out.WriteLineAsync($"ready {url}");
            await Console.Out.FlushAsync(cancel);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Progress.Say("Stopping.");
            return ExitCode.Ok;
        }
        finally
        {
            File.Delete(urlFile);
            await supervisor.StopAll();
        }
    }

    internal static void AreInstalled(ServersGiven given)
    {
        try
        {
            if (given.Postgres is null) _ = (ServerBinaries.Postgres("initdb"), ServerBinaries.Postgres("postgres"));
            if (given.RabbitMq is null) _ = (ServerBinaries.RabbitMq, ServerBinaries.Epmd);
        }
        catch (ServerMissingException missing)
        {
            throw new MissingException(missing.Message);
        }
    }

    /// <summary>The logins that were kept, or new ones; the folder of a fresh cluster may be there already.</summary>
    internal static ClusterConnections Connections(ClusterFolder folder, ServersGiven given, bool fresh = false)
    {
        var kept = ClusterConnections.Read(folder.Connections);
        var masterKey = Path.Combine(folder.Secrets, "master.key");
        if (kept is null && !fresh && Directory.Exists(folder.Postgres) && given.Postgres is null)
            throw new MissingException($"{folder.Connections} is missing, and without it nobody can log in to {folder.Postgres}; put it back from a backup, or start anew in another folder with --data.");
        // Made before all silos ask for it at once, and only for a cluster that has nothing sealed yet.
        if (kept is null && !File.Exists(masterKey)) PrivateFile.Write(masterKey, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        var connections = ClusterConnections.Of(kept, given, FreePorts.IsFree, new Random());
        connections.Write(folder.Connections);
        return connections;
    }
}
