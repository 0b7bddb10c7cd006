using System.Security.Cryptography;
using System.Text;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Clusters;

/// <summary>Where a cluster keeps what: DIR belongs to whoever runs it, and the servers' accounts must be able to pass through it.</summary>
internal sealed record ClusterFolder(string Root)
{
    /// <summary>A unix socket's name has 107 bytes at most.</summary>
    private const int LongestSocket = 107;

    public string Connections => DataFolder.ConnectionsOf(Root);

    public string Logs => Path.Combine(Root, "logs");

    public string Run => Path.Combine(Root, "run");

    public string Secrets => Path.Combine(Root, "secrets");

    public string Postgres => Path.Combine(Root, "postgres");

    public string RabbitMq => Path.Combine(Root, "rabbitmq");

    /// <summary>Where <c>up</c> listens for the other commands; beside the system's temporary files when DIR's name is too long for a socket.</summary>
    public string Socket => Path.Combine(Run, "control.sock") is var near && Encoding.UTF8.GetByteCount(near) <= LongestSocket
        ? near
        : Path.Combine(Path.GetTempPath(), $"commerce-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..24]}.sock");

    public string LogOf(string child) => Path.Combine(Logs, $"{child}.log");

    public string PidOf(string child) => Path.Combine(Run, $"{child}.pid");

    public string DataOf(string child) => Path.Combine(Root, child);

    public void Make()
    {
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Logs);
        MakePrivate(Run);
        MakePrivate(Secrets);
    }

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
