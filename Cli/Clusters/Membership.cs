using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>What the cluster's own table says of a process: it works from the moment it is a member there, not from when it listens.</summary>
internal static class Membership
{
    public static async Task<bool> IsActive(string connectionString, string name, int port, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand("select 1 from member where silo_name = $1 and port = $2 and status = $3", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = port });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)SiloStatus.Active });
        return await command.ExecuteScalarAsync(cancel) is not null;
    }
}
