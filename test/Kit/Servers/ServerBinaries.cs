namespace Commerce.Kit.Servers;

/// <summary>Where the installed servers are. A test never passes by skipping: what is missing is named, with the command that installs it.</summary>
public static class ServerBinaries
{
    public static string RabbitMq => Find("rabbitmq-server", ["/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin", "/usr/sbin"], "rabbitmq-server");

    public static string RabbitMqCtl => Find("rabbitmqctl", ["/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin", "/usr/sbin"], "rabbitmq-server");

    public static string Epmd => Find("epmd", ["/usr/bin", "/usr/lib/erlang/bin", "/opt/homebrew/bin", "/usr/local/bin"], "rabbitmq-server");

    public static string Postgres(string program) => Find(program, PostgresFolders(), "postgresql");

    private static IEnumerable<string> PostgresFolders()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian).OrderDescending(StringComparer.Ordinal).Select(v => Path.Combine(v, "bin")) : [];
        return versions.Concat(["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"]);
    }

    private static string Find(string program, IEnumerable<string> folders, string package) =>
        folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            $"{program} is not installed. Run test/Kit/install-servers.sh, or: apt-get install -y --no-install-recommends {package}");
}
