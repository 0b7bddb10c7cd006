using Commerce.Servers;

namespace Commerce.Cli.Clusters;

/// <summary>What a child is, in the order in which a cluster is stopped: first the door, last the storage.</summary>
internal enum ChildKind { Gateway, Analytics, Silo, PaymentSimulator, RabbitMq, Postgres, Epmd }

/// <summary>What a child does now.</summary>
internal enum ChildState { Starting, Running, Restarting, Drained, Stopped }

/// <summary>A child as it is to be started.</summary>
/// <param name="Name">Such as <c>silo-1</c>.</param>
/// <param name="Prepare">Done before every start: files are written, ports chosen.</param>
internal sealed record ChildSpec(string Name, ChildKind Kind, Func<CancellationToken, Task<Prepared>> Prepare)
{
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>PostgreSQL would wait for its clients to go on SIGTERM; SIGINT is its fast and clean stop.</summary>
    public int StopSignal => Kind == ChildKind.Postgres ? Signals.Interrupt : Signals.Terminate;
}

/// <summary>A start: how the program is called, and how one knows that it works.</summary>
internal sealed record Prepared(Launch Launch, Func<CancellationToken, Task<bool>> IsReady);

/// <summary>Starts programs; tests start none.</summary>
internal interface ILauncher
{
    IChildProcess Start(string name, Launch launch);
}

/// <summary>A program that runs.</summary>
internal interface IChildProcess : IDisposable
{
    int Id { get; }

    /// <summary>Completes at its end with the exit code.</summary>
    Task<int> Exited { get; }

    void Signal(int signal);

    /// <summary>SIGKILL to it and all it started.</summary>
    void Kill();
}
