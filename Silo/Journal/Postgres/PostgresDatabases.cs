using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// One database and one login per service, and one for the cluster's membership. A login owns its database and may connect to no other. Making them again
/// changes nothing but the passwords.
/// </summary>
public static class PostgresDatabases
{
    /// <summary>The membership's database, beside the services'.</summary>
    public const string Cluster = "cluster";

    /// <summary>All there are.</summary>
    public static readonly IReadOnlyList<string> All = ["catalog", "cart", "inventory", "order", "payment", "customer", "analytics", "gateway", Cluster];

    /// <summary>Name of a service's database and of its login.</summary>
    public static string NameOf(string service) => $"commerce_{service}";

    /// <summary>Makes databases and logins.</summary>
    /// <param name="admin">Connection string of a superuser.</param>
    /// <param name="passwords">Service to password, one for each of <see cref="All"/> that is wanted.</param>
    /// <returns>Service to connection string.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> Create(string admin, IReadOnlyDictionary<string, string> passwords)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ToString());
        await connection.OpenAsync();

        // Two processes that prepare the same server take turns.
        await Execute(connection, "select pg_advisory_lock(hashtext('commerce databases'))");
        foreach (var (service, password) in passwords) await Create(connection, NameOf(service), password);
        return passwords.ToDictionary(pair => pair.Key, pair => Connection(admin, NameOf(pair.Key), pair.Value));
    }

    private static async Task Create(NpgsqlConnection connection, string name, string password)
    {
        var (quoted, secret) = (await Quote(connection, "%I", name), await Quote(connection, "%L", password));
        var exists = await Any(connection, "select 1 from pg_roles where rolname = $1", name);
        await Execute(connection, $"{(exists ? "alter" : "create")} role {quoted} with login nosuperuser nocreatedb nocreaterole noreplication password {secret}");
        if (!await Any(connection, "select 1 from pg_database where datname = $1", name))
            await Execute(connection, $"create database {quoted} owner {quoted} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0");
        await Execute(connection, $"alter database {quoted} owner to {quoted}");
        await Execute(connection, $"revoke all on database {quoted} from public");
    }

    private static string Connection(string admin, string name, string password) =>
        new NpgsqlConnectionStringBuilder(admin) { Database = name, Username = name, Password = password }.ToString();

    // Names and passwords cannot be parameters of these statements: the server itself quotes them.
    private static async Task<string> Quote(NpgsqlConnection connection, string how, string text)
    {
        await using var quote = new NpgsqlCommand($"select format('{how}', $1)", connection);
        quote.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
        return (string)(await quote.ExecuteScalarAsync())!;
    }

    private static async Task<bool> Any(NpgsqlConnection connection, string sql, string name)
    {
        await using var any = new NpgsqlCommand(sql, connection);
        any.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return await any.ExecuteScalarAsync() is not null;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
