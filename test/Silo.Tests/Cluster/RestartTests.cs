using System.Net;
using Commerce.Kit.Cluster;
using Commerce.Servers;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService;

namespace Commerce.Silo.Tests.Cluster;

/// <summary>A cluster whose silos all died at once: nobody was left to declare anybody dead, so its table says that they live.</summary>
public sealed class RestartTests(PostgresFixture postgres)
{
    // Orleans' number for a silo that lives.
    private const int Active = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Orleans #4664: new silos waited for an answer of those that had crashed, and gave up.</summary>
    [Fact]
    public async Task Orleans4664_Cluster_restarts_after_crash()
    {
        var table = await Crashed();
        var began = TimeProvider.System.GetTimestamp();

        using var first = Silo(table);
        using var second = Silo(table);
        await Task.WhenAll(first.StartAsync(Cancel), second.StartAsync(Cancel));

        // The bound of a whole installation that lost its power, its servers and its first order included, is 30 s.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        var hosts = await first.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        foreach (var silo in (IHost[])[first, second]) hosts.Keys.ShouldContain(silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress);
        await Task.WhenAll(first.StopAsync(Cancel), second.StopAsync(Cancel));
    }

    [Fact]
    public async Task Orleans4664_Cluster_restarts_after_crash_only_when_what_has_not_signed_for_seconds_counts_for_nothing()
    {
        var stock = new ClusterMembershipOptions();
        using var silo = Silo(await Crashed(), membership => (membership.IAmAliveTablePublishTimeout, membership.NumMissedTableIAmAliveLimit, membership.MaxJoinAttemptTime) =
            (stock.IAmAliveTablePublishTimeout, stock.NumMissedTableIAmAliveLimit, TimeSpan.FromSeconds(10)));

        await Should.ThrowAsync<OrleansClusterConnectivityCheckFailedException>(() => silo.StartAsync(Cancel));
    }

    // The table as two silos leave it that were killed together: they live, by what it says, and have signed just now.
    private async Task<string> Crashed()
    {
        var table = await postgres.Empty();
        PostgresMigrations.Cluster(table);
        using var first = Silo(table, TestSilo.BePatient);
        using var second = Silo(table, TestSilo.BePatient);
        await first.StartAsync(Cancel);
        await second.StartAsync(Cancel);
        await Task.WhenAll(first.StopAsync(Cancel), second.StopAsync(Cancel));
        (await PostgresFixture.Run(table, $"update member set status = {Active}, suspect_times = null, i_am_alive_at = now()")).ShouldBe(2);
        return table;
    }

    private static IHost Silo(string table, Action<ClusterMembershipOptions>? without = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var port = FreePorts.TakeLasting(1, new Random())[0];
        builder.UseOrleans(silo => silo
            .AddMembership(table).OutliveMistakes().ConfigureEndpoints(IPAddress.Loopback, port, gatewayPort: 0).Configure(without ?? (static _ => { })));
        return builder.Build();
    }
}
