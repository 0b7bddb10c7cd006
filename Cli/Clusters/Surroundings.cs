namespace Commerce.Cli.Clusters;

/// <summary>What a process finds around itself: servers and neighbours directly, or through whatever a laboratory puts in between.</summary>
internal interface ISurroundings
{
    /// <summary>How this process reaches the servers.</summary>
    ClusterConnections ConnectionsOf(string process);

    /// <summary>The port by which others reach its silo, which listens on <paramref name="port"/>.</summary>
    int PortOf(string process, int port);

    /// <summary>What it is told beyond what every process is told.</summary>
    IReadOnlyDictionary<string, string> VariablesOf(string process);
}

/// <summary>Nothing in between.</summary>
internal sealed class Directly(ClusterConnections connections) : ISurroundings
{
    private static readonly Dictionary<string, string> Nothing = [];

    public ClusterConnections ConnectionsOf(string process) => connections;

    public int PortOf(string process, int port) => port;

    public IReadOnlyDictionary<string, string> VariablesOf(string process) => Nothing;
}
