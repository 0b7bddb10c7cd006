namespace Commerce.Servers;

/// <summary>
/// A private RabbitMQ node in a folder: own ports, own Erlang port mapper, own cookie, reached over the loopback address only. Whoever starts it
/// writes <see cref="ConfigurationFile"/>, <see cref="PluginsFile"/> and <see cref="DefinitionsFile"/> first.
/// </summary>
public sealed record RabbitMqFolder(string Folder, string Node, int EpmdPort, int DistributionPort)
{
    /// <summary>The account of the operating system it runs as when it is not to be root.</summary>
    public const string User = "rabbitmq";

    public string ConfigurationFile => Path.Combine(Folder, "rabbitmq.conf");

    public string PluginsFile => Path.Combine(Folder, "enabled_plugins");

    public string DefinitionsFile => Path.Combine(Folder, "definitions.json");

    /// <summary>Where queues and messages lie.</summary>
    public string Data => Path.Combine(Folder, "mnesia");

    /// <summary>What every program of the node needs in its environment, its tools too.</summary>
    public Dictionary<string, string> Variables => new(StringComparer.Ordinal)
    {
        ["HOME"] = Folder, // the Erlang cookie lies there
        ["RABBITMQ_NODENAME"] = Node,
        ["RABBITMQ_MNESIA_BASE"] = Data,
        ["RABBITMQ_LOG_BASE"] = Path.Combine(Folder, "log"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(Folder, "rabbitmq.own"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = PluginsFile,
        ["RABBITMQ_CONFIG_FILE"] = ConfigurationFile,
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(Folder, "none.conf"),
        ["RABBITMQ_DIST_PORT"] = $"{DistributionPort}",
        ["ERL_EPMD_PORT"] = $"{EpmdPort}",
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        // The start script then becomes the broker instead of staying in front of it: our child is the broker itself.
        ["RABBITMQ_ALLOW_INPUT"] = "1",
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    };

    /// <summary>The broker in the foreground. Without more it ends when its input closes.</summary>
    public Launch Server() => new(ServerBinaries.RabbitMq, [], Variables, Folder);

    /// <summary>Erlang's port mapper in the foreground.</summary>
    public Launch PortMapper() => new(ServerBinaries.Epmd, ["-port", $"{EpmdPort}"], new Dictionary<string, string> { ["ERL_EPMD_ADDRESS"] = "127.0.0.1" }, "/");
}
