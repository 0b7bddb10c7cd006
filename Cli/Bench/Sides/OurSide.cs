using System.Diagnostics;
using System.Text.Json;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Cli.Verify;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Cli.Bench.Sides;

/// <summary>How our shop is spread over processes.</summary>
/// <param name="Silos">How many silos; all with all roles.</param>
/// <param name="Together">Whether each silo is a gateway, too (<c>up --cluster --gateways 0</c>), or one gateway stands before them.</param>
/// <param name="Pinned">Whether each silo is bound to one processor.</param>
internal sealed record Spread(int Silos, bool Together, bool Pinned = false)
{
    public override string ToString() => $"{Silos} silo{(Silos == 1 ? "" : "s")} with all roles, {(Together ? "gateway in the same process" : "a gateway process before")}";
}

/// <summary>Our shop with everything on: authorisation, relay, broker, analytics.</summary>
internal sealed class OurSide(Lab lab, int port, bool relay, Spread spread) : Side(lab, port)
{
    private readonly SeededDatabases _databases = new(lab.AdminConnection, [.. PostgresDatabases.All.Where(name => name != PostgresDatabases.Cluster).Select(PostgresDatabases.NameOf)], owned: true);

    private static readonly TimeSpan StandsStill = TimeSpan.FromMinutes(2);

    public override string Name => "ours";

    public override string Topology => $"{spread}{(relay ? ", analytics as its own process, relay and RabbitMQ on" : ", relay and analytics off")}";

    protected override IEnumerable<ChildSpec> Programs()
    {
        var programs = new Programs(Lab.Folder, relay ? Lab.Connections : WithoutBroker(Lab.Connections), Port, spread.Together);
        for (var i = 1; i <= spread.Silos; i++) yield return spread.Pinned ? Pinned(programs.Silo(i, ClusterPlan.Roles), (i - 1) % Environment.ProcessorCount) : programs.Silo(i, ClusterPlan.Roles);
        if (relay) yield return programs.Analytics(1);
        if (!spread.Together) yield return programs.Gateway(1);
    }

    /// <summary>Starts one silo more.</summary>
    public Task Add(int silo, CancellationToken cancel) => Run(new Programs(Lab.Folder, Lab.Connections, Port, spread.Together).Silo(silo, ClusterPlan.Roles), cancel);

    /// <summary>Has a silo hand over and end.</summary>
    public Task Remove(int silo) => End($"silo-{silo}");

    private static ChildSpec Pinned(ChildSpec spec, int processor) => spec with
    {
        Prepare = async cancel =>
        {
            var prepared = await spec.Prepare(cancel);
            return prepared with { Launch = prepared.Launch with { Program = "taskset", Arguments = ["-c", $"{processor}", prepared.Launch.Program, .. prepared.Launch.Arguments] } };
        },
    };

    public override async Task Seed(CancellationToken cancel)
    {
        await Databases.Prepare(Lab.Connections.Postgres);
        await Run(cancel);
        using (var generator = new Generator(Port, connections: 32))
        {
            await Ask(generator, Products(), cancel);
            await Ask(generator, Deliveries(), cancel);
        }

        await Settle(cancel);
        await Stop();
        await _databases.Keep();
    }

    public override async Task Settle(CancellationToken cancel)
    {
        if (!relay) return;
        using var shop = new ShopClient(new Uri($"http://127.0.0.1:{Port}/"), Lab.OperatorToken);
        // What follows an order is appended after it was answered, the last of it when it has been quiet for half a second: quiet is when nothing is behind, and nothing has come for longer.
        var (moved, where) = (Stopwatch.GetTimestamp(), "");
        for (var (before, same) = ("", 0); same < 5;)
        {
            var lag = (await shop.Get("v1/analytics/lag", cancel)).Body;
            if (lag.GetProperty("services").EnumerateArray().FirstOrDefault(service => service.TryGetProperty("stopped", out var stopped) && stopped.ValueKind == JsonValueKind.String) is { ValueKind: JsonValueKind.Object } broken)
                throw new CheckFailedException($"A projection has stopped: {broken}");
            var heads = string.Join(',', lag.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("head").GetInt64()));
            (before, same) = (heads, lag.GetProperty("caughtUp").GetBoolean() && heads == before ? same + 1 : 0);
            var applied = string.Join(',', lag.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("position").GetInt64()));
            if (applied != where) (moved, where) = (Stopwatch.GetTimestamp(), applied);
            else if (same == 0 && Stopwatch.GetElapsedTime(moved) > StandsStill) throw new CheckFailedException($"Analytics has not moved for {StandsStill.TotalMinutes:N0} minutes: {lag}");
            await Task.Delay(300, cancel);
        }
    }

    public override async Task<RoundAudit> Audit(long acknowledged)
    {
        var installation = new ClusterInstallation(Lab.Connections.Postgres.Logins.ToDictionary(login => login.Key, login => login.Value.ConnectionString, StringComparer.Ordinal));
        var report = await Verify.Audit.Run(installation, TimeProvider.System.GetUtcNow());
        if (report.Invariants.FirstOrDefault(rule => !rule.Ok) is { } broken)
            return new RoundAudit(false, $"{broken.Violations.Count} times broken: {broken.Id} {broken.Rule}; {broken.Violations[0].Stream}, event {broken.Violations[0].Version}: {broken.Violations[0].Message}");

        var stored = await Confirmed();
        return stored < acknowledged ? new RoundAudit(false, $"{acknowledged} orders acknowledged, {stored} stored") : new RoundAudit(true, $"I1 to I8 hold, {stored} orders");
    }

    private async Task<long> Confirmed()
    {
        await using var connection = new NpgsqlConnection($"{Lab.Connections.Postgres.Logins["order"].ConnectionString};Pooling=false;Command Timeout=300");
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("select count(*) from events where type = 'order.confirmed.v1'", connection);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    protected override async Task Reset(CancellationToken cancel)
    {
        await _databases.Restore();
        // Queues speak of the round before; read models, too.
        using var management = new Management(Lab.Connections.Rabbitmq);
        await management.Purge(cancel);
        foreach (var name in Enumerable.Range(1, 3).Select(i => $"silo-{i}").Append("gateway-1").Select(Lab.Folder.DataOf).Where(Directory.Exists))
            Directory.Delete(name, recursive: true);
    }

    private async Task Ask(Generator generator, IEnumerable<(string, string, string)> requests, CancellationToken cancel)
    {
        var queue = new Queue<(string, string, string)>(requests);
        var tally = await generator.Run(_ => new OperatorVisitor(queue, Lab.OperatorToken), new Pace(), cancel);
        if (tally.Errors.Count > 0) throw new CheckFailedException($"The shop refused its own seed: {tally.FirstError}");
    }

    private static IEnumerable<(string Path, string Key, string Body)> Products() =>
        All().Select((sku, i) => ("/v1/admin/products", $"bench-product-{sku}", $$"""{"sku":"{{sku}}","title":"Title of product {{i + 1}}","price":{"currency":"GBP","minor":{{100 + (i % 1000)}} } }"""));

    private static IEnumerable<(string Path, string Key, string Body)> Deliveries() =>
        All().Select(sku => ($"/v1/admin/stock/{sku}/adjustments", $"bench-delivery-{sku}", $$"""{"delta":{{(sku == Skus.Flash ? Stock.FlashUnits : Stock.Units)}},"reason":"first delivery"}"""));

    private static IEnumerable<string> All() => Enumerable.Range(0, Skus.Count).Select(Skus.Name).Append(Skus.Flash);

    private static ClusterConnections WithoutBroker(ClusterConnections connections) => connections with
    {
        Rabbitmq = connections.Rabbitmq with
        {
            Users = new SortedDictionary<string, BrokerUser>(connections.Rabbitmq.Users.ToDictionary(
                user => user.Key,
                user => user.Value with { VirtualHosts = new SortedDictionary<string, string>(user.Value.VirtualHosts.ToDictionary(host => host.Key, _ => ""), StringComparer.Ordinal) }), StringComparer.Ordinal),
        },
    };
}
