using Commerce.Cli.Output;
using Commerce.Silo.Journal.Bench;
using Npgsql;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>S7: appends to 256 streams at once by group commit, against one transaction per append.</summary>
internal static class JournalAlone
{
    private const string Database = "bench_journal";

    private const double Goal = 5;

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var (together, alone) = (new List<double?>(), new List<double?>());
        for (var round = 1; round <= bench.Terms.Rounds; round++)
        {
            await Execute(bench, $"drop database if exists {Database} with (force)", cancel);
            await Execute(bench, $"create database {Database}", cancel);
            var connection = new NpgsqlConnectionStringBuilder(bench.Lab.AdminConnection) { Database = Database }.ToString();
            var result = await new PostgresBench(connection, TimeProvider.System).Run(appendsPerStream: 100, longStreamEvents: 500);
            together.Add((double)result.Together.AppendsPerSecond);
            alone.Add((double)result.Alone.AppendsPerSecond);
            Progress.Say($"S7, round {round} of {bench.Terms.Rounds}: {together[^1]:N0} appends/s by group commit, {alone[^1]:N0} one by one; on long streams {result.Together.LongAppendsPerSecond:N0}");
            NpgsqlConnection.ClearAllPools();
        }

        await Execute(bench, $"drop database if exists {Database} with (force)", cancel);
        var ratio = Figure.Ratio(together, alone);
        // Each append is answered by the journal itself, and its contract is tested elsewhere: there is no shop here to audit.
        return new ScenarioResult("S7", "journal appends of 256 streams: group commit against a transaction each", 256, ratio, $"≥ {Goal} ×", ratio?.Median >= Goal, Audit: true,
            Figures: new Dictionary<string, object> { ["appendsPerSecond"] = Figure.Of(together)!, ["oneByOnePerSecond"] = Figure.Of(alone)! });
    }

    private static async Task Execute(Workbench bench, string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(bench.Lab.AdminConnection + ";Pooling=false");
        await connection.OpenAsync(cancel);
#pragma warning disable CA2100 // constants of this program
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancel);
    }
}
