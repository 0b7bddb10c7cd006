using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>What the cluster's own table says of a process: it works from the moment it is a member there, not from when it listens.</summary>
internal static class Membership
{
    /// <summary>
    /// Empties it: for a start at which no process of the cluster can be alive. What a backup says of members is another cluster's by now, and if that one
    /// still runs, its silos must not be taken for ours.
    /// </summary>
    public static async Task Forget(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("delete from member", connection);
        await command.ExecuteNonQueryAsync();
    }

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
