using Commerce.Cli.Output;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>The databases of a cluster: made, and brought to this version once before many processes would do so at once.</summary>
internal static class Databases
{
    public static async Task Prepare(PostgresAccess access)
    {
        try
        {
            await PostgresDatabases.Create(access.Admin.ConnectionString, access.Logins.ToDictionary(login => login.Key, login => login.Value.Password));
        }
        catch (NpgsqlException e)
        {
            throw new MissingException($"PostgreSQL at {access.Host}:{access.Port} does not let the databases be made ({e.Message}); name a superuser in {ServersGiven.PostgresVariable}.");
        }

        PostgresMigrations.Cluster(access.Logins[PostgresDatabases.Cluster].ConnectionString);
        foreach (var service in ClusterPlan.Roles) PostgresMigrations.Journal(access.Logins[service].ConnectionString);
    }
}
