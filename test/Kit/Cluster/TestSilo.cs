using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Commerce.Kit.Cluster;

/// <summary>What a silo needs that lives in the process of its own test.</summary>
public static class TestSilo
{
    /// <summary>
    /// A silo that was taken for dead ends its process, and with it every other test there. Here it goes on, and its own test says what it misses.
    /// </summary>
    public static ISiloBuilder OutliveMistakes(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IFatalErrorHandler, NoProcessToEnd>();
        return silo;
    }

    /// <summary>Nobody is taken for dead before half a minute: a busy machine is no dead one.</summary>
    public static void BePatient(this ClusterMembershipOptions membership) => (membership.ProbeTimeout, membership.NumMissedProbesLimit) = (TimeSpan.FromSeconds(5), 6);

    private sealed class NoProcessToEnd : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => true;

        public void OnFatalException(object? sender, string? context, Exception? exception) => Console.Error.WriteLine($"A silo of a test would have ended its process: {context} {exception?.Message}");
    }
}
