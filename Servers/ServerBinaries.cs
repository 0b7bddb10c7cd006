namespace Commerce.Servers;

/// <summary>Where the installed servers are. What is missing is named, with the command that installs it.</summary>
public static class ServerBinaries
{
    private static readonly string[] RabbitMqFolders = ["/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin", "/usr/sbin"];

    /// <summary>The broker's start script.</summary>
    public static string RabbitMq => Find("rabbitmq-server", RabbitMqFolders, "RabbitMQ", "rabbitmq-server");

    /// <summary>The broker's tool.</summary>
    public static string RabbitMqCtl => Find("rabbitmqctl", RabbitMqFolders, "RabbitMQ", "rabbitmq-server");

    /// <summary>Erlang's port mapper.</summary>
    public static string Epmd => Find("epmd", ["/usr/bin", "/usr/lib/erlang/bin", "/opt/homebrew/bin", "/usr/local/bin"], "RabbitMQ", "rabbitmq-server");

    /// <summary>A program of the newest PostgreSQL.</summary>
    public static string Postgres(string program) => Find(program, PostgresFolders(), "PostgreSQL", "postgresql");

    private static IEnumerable<string> PostgresFolders()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian).OrderDescending(StringComparer.Ordinal).Select(v => Path.Combine(v, "bin")) : [];
        return versions.Concat(["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"]);
    }

    private static string Find(string program, IEnumerable<string> folders, string server, string package) =>
        folders.Select(f => Path.Combine(f, program)).FirstOrDefault(IsThere) ?? throw new ServerMissingException(server, program, package);

    /// <summary>Whether a program can be started by this name. A link whose program was removed still has its name.</summary>
    public static bool IsThere(string file) => File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is null or { Exists: true };
}

/// <summary>A server is not installed; the message names it and the command that installs it.</summary>
public sealed class ServerMissingException(string server, string program, string package) : Exception(
    $"{server} is not installed ({program} is missing): apt-get update && apt-get install -y --no-install-recommends {package}");
