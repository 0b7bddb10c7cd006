using Commerce.Cli.Bench.Load;
using Commerce.Cli.Clusters;
using Npgsql;

namespace Commerce.Cli.Bench.Sides;

/// <summary>The monolith of <c>test/Yardstick</c>.</summary>
internal sealed class YardstickSide(Lab lab, int port, bool relay) : Side(lab, port)
{
    private const string Database = "yardstick";

    private readonly SeededDatabases _databases = new(lab.AdminConnection, [Database], owned: false);

    public override string Name => "yardstick";

    public override string Topology => $"one process on PostgreSQL, outbox {(relay ? "relayed to RabbitMQ" : "not relayed")}";

    private string Connection => new NpgsqlConnectionStringBuilder(Lab.AdminConnection) { Database = Database, Pooling = false }.ToString();

    protected override IEnumerable<ChildSpec> Programs()
    {
        yield return new ChildSpec(Name, ChildKind.Gateway, _ =>
        {
            var url = $"http://127.0.0.1:{Port}";
            // The runtime as ours has it.
            var variables = new Dictionary<string, string>(Clusters.Programs.SharedMachine, StringComparer.Ordinal)
            {
                ["Name"] = Name, ["Data"] = Lab.Folder.Root, ["Http"] = url, ["ConnectionStrings__yardstick"] = Connection.Replace("Pooling=False", "Pooling=True", StringComparison.Ordinal),
                ["ConnectionStrings__broker"] = relay ? Broker() : "",
            };
            return Task.FromResult(new Prepared(Clusters.Programs.Program("Yardstick", variables), ready => Clusters.Programs.Answers(url, ready)));
        });
    }

    public override async Task Seed(CancellationToken cancel)
    {
        await using (var admin = new NpgsqlConnection(Lab.AdminConnection + ";Pooling=false"))
        {
            await admin.OpenAsync(cancel);
            await using var create = new NpgsqlCommand($"create database {Database} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0", admin);
            await create.ExecuteNonQueryAsync(cancel);
        }

        if (relay)
        {
            using var management = new Management(Lab.Connections.Rabbitmq);
            await management.Import($$"""
                {"vhosts":[{"name":"{{Database}}"}],"permissions":[{"user":"{{Lab.Connections.Rabbitmq.Admin.User}}","vhost":"{{Database}}","configure":".*","write":".*","read":".*"}]}
                """, cancel);
        }

        // The program makes its own tables.
        await Run(cancel);
        await Stop();
        await Execute($"""
            insert into product select 'SKU-' || lpad(i::text, 5, '0'), 'Title of product ' || i, 100 + i % 1000, {Stock.Units} from generate_series(1, {Skus.Count}) i;
            insert into product values ('{Skus.Flash}', 'The product of the flash sale', 995, {Stock.FlashUnits});
            insert into delivery select sku, on_hand from product;
            """, cancel);
        await _databases.Keep();
    }

    public override async Task Settle(CancellationToken cancel)
    {
        if (!relay) return;
        while (await Number("select count(*) from (select from outbox limit 1) o", cancel) > 0) await Task.Delay(100, cancel);
    }

    public override async Task<RoundAudit> Audit(long acknowledged)
    {
        foreach (var (rule, sql) in YardstickAudit.Rules)
        {
            if (await Number(sql, CancellationToken.None) is > 0 and var broken) return new RoundAudit(false, $"{broken} times broken: {rule}");
        }

        var stored = await Number("select count(*) from orders", CancellationToken.None);
        return stored < acknowledged ? new RoundAudit(false, $"{acknowledged} orders acknowledged, {stored} stored") : new RoundAudit(true, $"{stored} orders");
    }

    protected override Task Reset(CancellationToken cancel) => _databases.Restore();

    private string Broker()
    {
        var access = Lab.Connections.Rabbitmq;
        return $"amqp://{access.Admin.User}:{access.Admin.Password}@{access.Host}:{access.Port}/{Database}";
    }

    private async Task Execute(string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(Connection);
        await connection.OpenAsync(cancel);
#pragma warning disable CA2100 // constants of this program
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<long> Number(string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(Connection);
        await connection.OpenAsync(cancel);
        return await YardstickAudit.Number(connection, sql, cancel);
    }
}
