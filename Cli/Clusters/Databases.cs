using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>One database and one login per service, with rights on nothing else. Done again, it changes nothing.</summary>
internal static class Databases
{
    public static async Task Create(PostgresAccess access, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(access.Admin.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(cancel);
        foreach (var login in access.Logins.Values)
        {
            // The names and passwords are ours: letters, digits and _.
            if (!await Exists("select 1 from pg_roles where rolname = $1", login.User)) await Run($"create role {login.User} login");
            await Run($"alter role {login.User} password '{login.Password}'");
            if (!await Exists("select 1 from pg_database where datname = $1", login.Database)) await Run($"create database {login.Database} owner {login.User}");
            await Run($"revoke all on database {login.Database} from public");
        }

        async Task<bool> Exists(string sql, string name)
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter { Value = name } } };
            return await command.ExecuteScalarAsync(cancel) is not null;
        }

        async Task Run(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
