using Npgsql;

namespace Commerce.Cli.Bench.Sides;

/// <summary>Databases as they were once seeded: every round begins with a copy of them, so that rounds are alike and an audit reads its own round only.</summary>
internal sealed class SeededDatabases(string admin, IReadOnlyList<string> names, bool owned)
{
    /// <summary>Keeps them as they are now. Nobody may be connected.</summary>
    public async Task Keep()
    {
        foreach (var name in names)
        {
            await Execute(name, "vacuum (freeze, analyze)");
            await Execute("postgres", $"create database {name}_seeded template {name}");
        }

        await Execute("postgres", "checkpoint");
    }

    public async Task Restore()
    {
        NpgsqlConnection.ClearAllPools();
        foreach (var name in names)
        {
            await Execute("postgres", $"drop database {name} with (force)");
            await Execute("postgres", $"create database {name} template {name}_seeded{(owned ? $" owner {name}" : "")}");
        }

        // What the round before wrote is not written out during the next one.
        await Execute("postgres", "checkpoint");
    }

    private async Task Execute(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(admin) { Database = database, Pooling = false, CommandTimeout = 120 }.ToString());
        await connection.OpenAsync();
        // Names of databases cannot be parameters; these are ours.
#pragma warning disable CA2100
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
