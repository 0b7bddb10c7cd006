using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Commerce.ServiceDefaults;

/// <summary>
/// Ends the dashboard's own reader of metrics once it has begun. It asks every instrument of Orleans once a second, and two of them count all activations and all of the
/// directory's cache: with 100,000 grains that was 6 % of a busy silo, and more with every grain. What the dashboard shows of grains, silos and calls it has from elsewhere;
/// what is measured is at <c>/metrics</c>.
/// </summary>
internal static class DashboardCounters
{
    private const string Host = "Orleans.Dashboard.DashboardHost";

    public static void End(IServiceProvider services)
    {
        // Disposing it ends the reader, and nothing else.
        foreach (var host in services.GetServices<IHostedService>()) if (host.GetType().FullName == Host) ((IDisposable)host).Dispose();
    }
}
