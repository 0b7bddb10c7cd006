using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Clusters;

/// <summary>When root starts a cluster, its servers run as accounts of their own: their folders are theirs, and all above must let them pass.</summary>
internal static class Ownership
{
    private static readonly Dictionary<string, string> Nothing = [];

    public static async Task Give(string folder, string user, CancellationToken cancel)
    {
        if (Environment.IsPrivilegedProcess) await new Launch("chown", ["-R", $"{user}:", folder], Nothing, "/").RunToEnd(cancel);
    }

    /// <summary>Checked before anything is started, so that it is said in one sentence.</summary>
    public static async Task CanPass(string folder, string user, CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess) return;
        try
        {
            await new Launch("test", ["-x", folder], Nothing, "/").As(user).RunToEnd(cancel);
        }
        catch (InvalidOperationException)
        {
            throw new MissingException($"The account '{user}', which its server runs as, cannot enter {folder}; run 'chmod o+x' on that folder and those above it, or name another with --data.");
        }
    }
}
