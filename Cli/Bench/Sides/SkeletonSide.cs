using Commerce.Cli.Clusters;
using Commerce.Servers;
using Npgsql;

namespace Commerce.Cli.Bench.Sides;

/// <summary>The calls and appends of a checkout with nothing in them (<c>test/Skeleton</c>): what tuning ours may hope for at most.</summary>
/// <param name="name">One of <see cref="Names"/>.</param>
internal sealed class SkeletonSide(Lab lab, int port, string name) : Side(lab, port)
{
    /// <summary>The appends of ours, those it is allowed at the least, and hardly any: <c>Shape</c> in <c>test/Skeleton</c> has them one by one.</summary>
    public static readonly IReadOnlyList<string> Names = ["skeleton", "skeleton-budget", "skeleton-least"];

    private static readonly string[] Services = ["cart", "inventory", "order", "payment"];

    private readonly SeededDatabases _databases = new(lab.AdminConnection, [.. Services.Select(DatabaseOf)], owned: false);

    public override string Name => name;

    public override string Topology => "a silo without rules, and a journal that nobody could read back";

    private string Shape => name.Split('-') is [_, var shape] ? shape : "whole";

    protected override IEnumerable<ChildSpec> Programs()
    {
        yield return new ChildSpec(Name, ChildKind.Gateway, _ =>
        {
            var url = $"http://127.0.0.1:{Port}";
            var ports = FreePorts.Take(2);
            var variables = new Dictionary<string, string>(Clusters.Programs.SharedMachine, StringComparer.Ordinal)
            {
                ["Name"] = Name, ["Data"] = Lab.Folder.Root, ["Http"] = url, ["Shape"] = Shape,
                ["SiloPort"] = $"{ports[0]}", ["GatewayPort"] = $"{ports[1]}",
            };
            foreach (var service in Services) variables[$"ConnectionStrings__{service}"] = ConnectionTo(DatabaseOf(service));
            return Task.FromResult(new Prepared(Clusters.Programs.Program("Skeleton", variables), ready => Clusters.Programs.Answers(url, ready)));
        });
    }

    public override async Task Seed(CancellationToken cancel)
    {
        foreach (var service in Services) await Execute("postgres", $"create database {DatabaseOf(service)} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0", cancel);
        // The program makes its own tables, and has stock without end.
        await Run(cancel);
        await Stop();
        await _databases.Keep();
    }

    public override async Task Settle(CancellationToken cancel)
    {
        using var http = new HttpClient();
        while (await http.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/idle"), cancel) != "yes") await Task.Delay(100, cancel);
    }

    /// <summary>Every order that was answered is there, with each append of its own.</summary>
    public override async Task<RoundAudit> Audit(long acknowledged)
    {
        var stored = await Execute(DatabaseOf("order"), "select position from head", CancellationToken.None) / (Shape == "least" ? 1 : 2);
        return new RoundAudit(stored >= acknowledged, $"{acknowledged} orders acknowledged, {stored} stored");
    }

    protected override Task Reset(CancellationToken cancel) => _databases.Restore();

    private static string DatabaseOf(string service) => $"skeleton_{service}";

    private string ConnectionTo(string database) => new NpgsqlConnectionStringBuilder(Lab.AdminConnection) { Database = database }.ToString();

    private async Task<long> Execute(string database, string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(ConnectionTo(database) + ";Pooling=false");
        await connection.OpenAsync(cancel);
#pragma warning disable CA2100 // constants of this program
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(cancel) as long? ?? 0;
    }
}
