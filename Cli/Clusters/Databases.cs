using Commerce.Cli.Output;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>The databases of a cluster: made, and brought to this version once before many processes would do so at once.</summary>
internal static class Databases
{
    public static async Task Prepare(PostgresAccess access)
    {
        await Make(access, access.Logins);
        PostgresMigrations.Cluster(access.Logins[PostgresDatabases.Cluster].ConnectionString);
        // Of a server of our own all users are our children, and none of them has been started yet.
        if (access.Own) await Membership.Forget(access.Logins[PostgresDatabases.Cluster].ConnectionString);
        foreach (var service in ClusterPlan.Roles) PostgresMigrations.Journal(access.Logins[service].ConnectionString);
        // Some thousands of new files: now, and not while a shop waits for a server that crashed.
        if (access.Own) await Checkpoint(access.Admin.ConnectionString);
    }

    /// <summary>Makes one database and its login where somebody has dropped them; what is there stays.</summary>
    public static Task Ensure(PostgresAccess access, string service) => Make(access, access.Logins.Where(login => login.Key == service));

    private static async Task Checkpoint(string administrator)
    {
        await using var source = NpgsqlDataSource.Create(administrator);
        await using var checkpoint = source.CreateCommand("checkpoint");
        await checkpoint.ExecuteNonQueryAsync();
    }

    private static async Task Make(PostgresAccess access, IEnumerable<KeyValuePair<string, DatabaseLogin>> logins)
    {
        try
        {
            await PostgresDatabases.Create(access.Admin.ConnectionString, logins.ToDictionary(login => login.Key, login => login.Value.Password));
        }
        catch (NpgsqlException away) when (away is not PostgresException && access.Own)
        {
            throw new MissingException($"PostgreSQL at {access.Host}:{access.Port} does not answer ({away.Message}); is the cluster running? Start it with './commerce up --cluster'.");
        }
        catch (NpgsqlException e)
        {
            throw new MissingException($"PostgreSQL at {access.Host}:{access.Port} does not let the databases be made ({e.Message}); name a superuser in {ServersGiven.PostgresVariable}.");
        }
    }
}
