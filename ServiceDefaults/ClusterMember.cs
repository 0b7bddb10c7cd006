using System.Net;
using Commerce.ServiceDefaults.Shards;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Storage;

namespace Commerce.ServiceDefaults;

/// <summary>How a process joins the cluster: membership and stream subscriptions in PostgreSQL, which hold nothing of the business.</summary>
public static class ClusterMember
{
    /// <summary>Name of the cluster and of the service, for ever: queues and subscriptions are named after it.</summary>
    public const string ClusterName = "commerce";

    /// <summary>The store of stream subscriptions; Orleans looks for it by this name.</summary>
    public const string SubscriptionStore = "PubSubStore";

    private const string Npgsql = "Npgsql";

    /// <summary>
    /// Joins as a silo. Whoever is killed is declared dead after two missed probes of a second (the defaults take ten seconds); a silo that was only slow and is
    /// declared dead ends itself and is started again. A cluster that lost its power as a whole starts beside the entries of the silos that are gone:
    /// those count for nothing once they have not signed for six seconds.
    /// </summary>
    public static ISiloBuilder JoinCluster(this ISiloBuilder silo, ProcessSettings settings) => silo
        .AddMembership(settings.Database("cluster"))
        .AnswerDashboard()
        .FindGrains(settings.Shards)
        .Configure<SiloOptions>(options => options.SiloName = settings.Name)
        .ConfigureEndpoints(settings.SiloAddress, settings.SiloPort, gatewayPort: 0)
        .Configure<EndpointOptions>(options => options.SiloListeningEndpoint = new IPEndPoint(settings.SiloAddress, settings.SiloListenPort));

    private static ISiloBuilder FindGrains(this ISiloBuilder silo, bool byShards) => byShards ? silo.AddShards() : silo;

    /// <summary>Every silo, or none: the one that shows the dashboard asks all the others. What goes through the log is not for a browser.</summary>
    public static ISiloBuilder AnswerDashboard(this ISiloBuilder silo) => silo
        .AddDashboard(static dashboard => dashboard.HideTrace = true)
        .ConfigureServices(static services => services.OnceStarted(DashboardCounters.End));

    /// <summary>The membership alone, in a database that has its tables.</summary>
    public static ISiloBuilder AddMembership(this ISiloBuilder silo, string database) => silo
        .UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Npgsql, Bounded(database)))
        .Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = ClusterName)
        .Configure<ClusterMembershipOptions>(Tune);

    /// <summary>Where Orleans keeps who is subscribed to which stream; silos with streams need it.</summary>
    public static ISiloBuilder AddSubscriptions(this ISiloBuilder silo, string database) => silo
        .AddAdoNetGrainStorage(SubscriptionStore, storage => storage.Configure<Orleans.Serialization.Serializer>((options, serializer) =>
        {
            (options.Invariant, options.ConnectionString) = (Npgsql, Bounded(database));
            // The default writes names of CLR types, which then could never change.
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));

    private static void Tune(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.NumMissedProbesLimit = 2;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedTableIAmAliveLimit = 3;
        membership.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(10);
        membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
    }

    // A frozen database must become an error before others take this silo for dead.
    private static string Bounded(string database) => new NpgsqlConnectionStringBuilder(database)
    {
        ApplicationName = "commerce-cluster", MaxPoolSize = 4, Timeout = 4, CommandTimeout = 5, CancellationTimeout = 1_000,
        TcpKeepAlive = true, TcpKeepAliveTime = 5, TcpKeepAliveInterval = 1, IncludeErrorDetail = false,
    }.ToString();
}
