using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Clusters;

/// <summary>A cluster that runs on this machine: its servers and programs, and what an operator may ask of it.</summary>
internal sealed class Cluster(ClusterFolder folder, ClusterPlan plan, ClusterConnections connections, IPrograms programs, Supervisor supervisor, int port) : IDisposable
{
    private static readonly TimeSpan ServersWithin = TimeSpan.FromSeconds(120), RunningWithin = TimeSpan.FromSeconds(180);

    // Held from the beginning: until all have been started nobody can tell which are there.
    private readonly SemaphoreSlim _scaling = new(0);
    private ClusterPlan _plan = plan;

    /// <summary>Starts all. Programs need the databases from the start; the broker may come when it is ready.</summary>
    public async Task Start(CancellationToken cancel)
    {
        var broker = StartBroker(cancel);
        await StartDatabases(cancel);
        if (programs.PaymentSimulator is { } simulator) supervisor.Add(simulator);
        for (var i = 1; i <= _plan.Silos; i++) supervisor.Add(programs.Silo(i, _plan.RolesOf(i)));
        supervisor.Add(programs.Analytics(1));
        for (var i = 1; i <= _plan.Gateways; i++) supervisor.Add(programs.Gateway(i));
        _scaling.Release();
        // Sales do not wait for a broker: it gets what happened meanwhile when it is there. One that was given must take the cluster's users.
        if (connections.Rabbitmq.Own) _ = Tell(broker);
        else await broker;
        var door = _plan.SilosAreGateways ? "silo-1" : "gateway-1";
        await Within(RunningWithin, door, wait => supervisor.Find(door).Reaches(ChildState.Running, wait), cancel);
    }

    public async Task<object> Do(ControlRequest request, Action<string> say, CancellationToken cancel) => request switch
    {
        { Do: "status" } => Status(),
        { Do: "kill", Name: { } name } => await Kill(supervisor.Find(name), say, cancel),
        { Do: "drain", Name: { } name } => await Drain(supervisor.Find(name), say),
        { Do: "start", Name: { } name } => await Resume(supervisor.Find(name), request.From, say, cancel),
        { Do: "scale", Name: "silo", Count: { } count } => await Scale(ChildKind.Silo, _plan.WithSilos(count), count, say, cancel),
        { Do: "scale", Name: "gateway", Count: { } count } => await Scale(ChildKind.Gateway, _plan.WithGateways(count), count, say, cancel),
        { Do: "scale" } => throw new UsageException("Silos and gateways can be scaled: 'commerce scale silo=5'."),
        _ => throw new UsageException($"This cluster does not know '{request.Do}'; use the commands of the version it was started with."),
    };

    public void Dispose() => _scaling.Dispose();

    private ClusterState Status() => new([.. supervisor.Children.OrderBy(child => child.Kind).ThenBy(child => NumberOf(child))
        .Select(child => new ChildStatus(child.Name, child.Kind, child.State, child.Pid, child.Roles, programs.BuildOf(child.Name)))]);

    private async Task<object> Kill(Child child, Action<string> say, CancellationToken cancel)
    {
        if (!await child.Kill(cancel)) throw new UsageException($"{child.Name} does not run now.");
        say($"{child.Name} is killed; it is started again in {Child.RestartAfter.TotalSeconds:0} s.");
        return Status();
    }

    private async Task<object> Drain(Child child, Action<string> say)
    {
        await Supervisor.Drain(child);
        say($"{child.Name} is drained; start it again with './commerce start {child.Name}'.");
        return Status();
    }

    private async Task<object> Resume(Child child, string? from, Action<string> say, CancellationToken cancel)
    {
        if (from is not null)
        {
            if (child.Kind >= ChildKind.RabbitMq) throw new UsageException($"{child.Name} is no program of ours; silos, gateways and analytics can be started from another build.");
            if (child.State != ChildState.Drained) throw new UsageException($"{child.Name} is not drained; run './commerce drain {child.Name}' first, then start it from the other build.");
            programs.Use(child.Name, child.Kind, from);
        }

        await Again(child, cancel);
        say($"{child.Name} runs.");
        return Status();
    }

    private async Task<object> Scale(ChildKind kind, ClusterPlan wanted, int count, Action<string> say, CancellationToken cancel)
    {
        await _scaling.WaitAsync(cancel);
        try
        {
            var there = supervisor.Children.Where(child => child.Kind == kind).ToDictionary(NumberOf);
            if ((kind == ChildKind.Gateway || _plan.SilosAreGateways) && Enumerable.Range(1, count).Except(there.Keys).Select(i => port + i - 1).FirstOrDefault(p => !FreePorts.IsFree(p)) is > 0 and var taken)
                throw new UsageException($"Port {taken} is in use; stop the program that listens there.");
            _plan = wanted;
            await Task.WhenAll([.. Enumerable.Range(1, count).Select(i => there.TryGetValue(i, out var old) ? Again(old, cancel) : Runs(Add(kind, i), cancel))]);

            // One after another, the newest first: what one hands over is taken by those that stay.
            foreach (var child in there.Where(pair => pair.Key > count).OrderByDescending(pair => pair.Key).Select(pair => pair.Value))
            {
                await supervisor.Remove(child);
                say($"{child.Name} is drained and gone.");
            }

            say($"{count} {(kind == ChildKind.Silo ? "silo" : "gateway")}{(count == 1 ? "" : "s")}.");
            return Status();
        }
        finally
        {
            _scaling.Release();
        }
    }

    private Child Add(ChildKind kind, int number) => supervisor.Add(kind == ChildKind.Silo ? programs.Silo(number, _plan.RolesOf(number)) : programs.Gateway(number));

    // One that is still being drained ends first: the drain would take the new process for the old one.
    private async Task Again(Child child, CancellationToken cancel)
    {
        await child.Drained(cancel);
        child.Resume();
        await Runs(child, cancel);
    }

    private Task Runs(Child child, CancellationToken cancel) => Within(RunningWithin, child.Name, wait => child.Reaches(ChildState.Running, wait), cancel);

    private async Task StartBroker(CancellationToken cancel)
    {
        if (connections.Rabbitmq.Own)
        {
            // The broker registers with the port mapper when it starts; it must not start one of its own.
            await Within(ServersWithin, "epmd", wait => supervisor.Add(RabbitMqChild.Epmd(folder, connections.Rabbitmq)).Reaches(ChildState.Running, wait), cancel);
            await Within(ServersWithin, "rabbitmq", wait => supervisor.Add(RabbitMqChild.Broker(folder, connections.Rabbitmq)).Reaches(ChildState.Running, wait), cancel);
            return;
        }

        using var management = new Management(connections.Rabbitmq);
        try
        {
            await management.Import(RabbitMqChild.Definitions(connections.Rabbitmq), cancel);
        }
        catch (HttpRequestException e)
        {
            throw new MissingException($"RabbitMQ's management interface at {connections.Rabbitmq.Management} does not take the cluster's users ({e.Message}); name it and an administrator in {ServersGiven.ManagementVariable} and {ServersGiven.RabbitMqVariable}.");
        }
    }

    private static async Task Tell(Task broker)
    {
        try
        {
            await broker;
        }
        catch (OperationCanceledException)
        {
        }
        catch (MissingException late)
        {
            Progress.Say($"{late.Message} Until it is there, orders are taken and analytics waits.");
        }
    }

    private async Task StartDatabases(CancellationToken cancel)
    {
        if (connections.Postgres.Own)
            await Within(ServersWithin, "postgres", wait => supervisor.Add(PostgresChild.Of(folder, connections.Postgres)).Reaches(ChildState.Running, wait), cancel);
        await Databases.Prepare(connections.Postgres);
    }

    private async Task Within(TimeSpan limit, string name, Func<CancellationToken, Task> wait, CancellationToken cancel)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        within.CancelAfter(limit);
        try
        {
            await wait(within.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new MissingException($"{name} did not get ready within {limit.TotalSeconds:0} s; {folder.LogOf(name)} says why.");
        }
    }

    private static int NumberOf(Child child) => int.TryParse(child.Name[(child.Name.LastIndexOf('-') + 1)..], out var number) ? number : 0;
}
