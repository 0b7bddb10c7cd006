using Commerce.Kernel;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Commerce.Silo.Deadlines;

/// <summary>Puts deadline scanners into a silo.</summary>
public static class DeadlineComposition
{
    /// <summary>One scanner per service. Wants an <see cref="IJournal"/>.</summary>
    public static ISiloBuilder AddDeadlines(this ISiloBuilder silo, params IEnumerable<string> services)
    {
        silo.AddWaking();
        foreach (var service in services)
            silo.Services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<DeadlineScanner>(provider, service));
        return silo;
    }

    /// <summary>What a scanner needs to wake a stream.</summary>
    internal static void AddWaking(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton<IStreamWaker, GrainWaker>();
    }
}
