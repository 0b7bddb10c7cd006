using System.Diagnostics.Metrics;
using Commerce.Servers;
using Commerce.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.Silo.Tests.Telemetry;

public sealed class DashboardCountersTests
{
    /// <summary>Counts all entries of the cache each time somebody asks.</summary>
    private const string Dear = "orleans-directory-cache-size";

    [Fact]
    public async Task Nobody_counts_all_grains_once_a_second()
    {
        Instrument? counted = null;
        using var published = new MeterListener { InstrumentPublished = (instrument, _) => counted = instrument.Name == Dear ? instrument : counted };
        published.Start();
        var ports = FreePorts.Take(2);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(ports[0], ports[1]).AnswerDashboard());
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);

        counted.ShouldNotBeNull().Enabled.ShouldBeFalse();
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
