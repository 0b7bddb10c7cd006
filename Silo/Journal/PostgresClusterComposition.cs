using Npgsql;
using Orleans.Storage;

namespace Commerce.Silo.Journal;

/// <summary>Membership and stream subscriptions in the database <c>commerce_cluster</c>.</summary>
public static class PostgresClusterComposition
{
    /// <summary>The store of stream subscriptions; Orleans looks for it by this name.</summary>
    public const string SubscriptionStore = "PubSubStore";

    private const string Invariant = "Npgsql";

    /// <summary>Joins the cluster of a database that <see cref="Postgres.PostgresMigrations.Cluster"/> has prepared. For silos and for gateways, which are silos, too.</summary>
    public static ISiloBuilder AddPostgresCluster(this ISiloBuilder silo, string connection)
    {
        // A frozen database must become an error before others take this silo for dead.
        var bounded = new NpgsqlConnectionStringBuilder(connection)
        {
            ApplicationName = "commerce-cluster", CommandTimeout = 5, Timeout = 5, CancellationTimeout = 1_000, MaxPoolSize = 10, TcpKeepAlive = true, TcpKeepAliveTime = 5,
            TcpKeepAliveInterval = 1, IncludeErrorDetail = false,
        }.ToString();
        return silo
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, bounded))
            .AddAdoNetGrainStorage(SubscriptionStore, options => options.Configure<Orleans.Serialization.Serializer>((storage, serializer) =>
            {
                (storage.Invariant, storage.ConnectionString) = (Invariant, bounded);

                // The default writes the names of our types into the data; Orleans' own format writes their aliases.
                storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
            }));
    }
}
