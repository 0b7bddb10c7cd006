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

    /// <summary>Where this process reaches the payment simulator.</summary>
    Uri ProviderOf(string process, Uri simulator) => simulator;

    /// <summary>The port by which the payment simulator's messages reach the shop.</summary>
    int MessagesTo(int shop) => shop;
}

/// <summary>Nothing in between.</summary>
internal sealed class Directly(ClusterConnections connections) : ISurroundings
{
    private static readonly Dictionary<string, string> Nothing = [];

    public ClusterConnections ConnectionsOf(string process) => connections;

    public int PortOf(string process, int port) => port;

    public IReadOnlyDictionary<string, string> VariablesOf(string process) => Nothing;
}
