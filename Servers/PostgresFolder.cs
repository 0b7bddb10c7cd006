namespace Commerce.Servers;

/// <summary>A private PostgreSQL cluster in a folder: how it is made and started. Never run as root, reached over the loopback address only.</summary>
public sealed record PostgresFolder(string Data, int Port)
{
    /// <summary>The superuser, and the account of the operating system it runs as when we are root.</summary>
    public const string User = "postgres";

    private static readonly Dictionary<string, string> Nothing = [];

    // A backend gives the memory of each statement back to the system, to be given it anew by page faults for the next one: a tenth of what an append costs it. glibc's
    // own default keeps 128 kB; a statement that appends a batch needs a little more than that.
    private static readonly Dictionary<string, string> KeepsMemory = new() { ["MALLOC_TOP_PAD_"] = $"{1 << 20}", ["MALLOC_TRIM_THRESHOLD_"] = $"{16 << 20}" };

    /// <summary>Makes the cluster; with a password file every connection needs a password.</summary>
    public Launch Create(string? passwordFile) => new Launch(
        ServerBinaries.Postgres("initdb"),
        [
            "-D", Data, "-U", User, "-E", "UTF8", "--locale=C", "--no-instructions",
            .. passwordFile is null ? (string[])["-A", "trust", "--no-sync"] : ["-A", "scram-sha-256", $"--pwfile={passwordFile}"],
        ],
        Nothing, "/").As(User);

    /// <summary>Runs it in the foreground; TCP only, so that the length of the folder's name does not matter.</summary>
    public Launch Server(params string[] settings) => new Launch(
        ServerBinaries.Postgres("postgres"),
        ["-D", Data, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", .. settings.SelectMany(setting => new[] { "-c", setting })],
        KeepsMemory, "/").As(User);
}
