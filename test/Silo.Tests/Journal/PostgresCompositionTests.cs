using Commerce.Customers;
using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Servers;
using Commerce.Silo.Composition;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The storage of a cluster's silo as a whole: empty databases in, grains that remember out.</summary>
public sealed class PostgresCompositionTests(PostgresFixture postgres) : IDisposable
{
    private static readonly string[] Services = ["catalog", "cart", "inventory", "order", "payment", "customer"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_silo_on_empty_databases_migrates_them_and_a_second_one_finds_what_the_first_wrote()
    {
        var connections = new Dictionary<string, string>();
        foreach (var service in Services) connections[service] = await postgres.Empty();
        var anna = new CustomerProfile("Anna", "anna@example.org", "GB");
        Sealed<CustomerProfile> held;

        using (var first = await Start(connections))
        {
            (await Customer(first).Register(new CommandKey("key-1", "digest"), anna)).Value.Profile.ShouldBe(anna);
            var paid = await first.Services.GetRequiredService<IPaymentProvider>().Execute(
                new ProviderOperation("a", "t1/o", OperationKind.Authorise, new Money(100, Currency.GBP), "tok_ok", null), TestContext.Current.CancellationToken);
            paid.Succeeded.ShouldBeTrue();
            held = await (await Orders(first)).Seal($"customer/{Keys.Customer(new CustomerId("anna"))}", anna);
            await first.StopAsync(TestContext.Current.CancellationToken);
        }

        using (var second = await Start(connections))
        {
            (await Customer(second).Get()).Value.Profile.ShouldBe(anna);
            (await Customer(second).Register(new CommandKey("key-1", "digest"), anna)).Repeated.ShouldBeTrue();
            (await (await Orders(second)).Open(held)).ShouldBe(anna);
            (await Customer(second).Erase(new CommandKey("key-2", "digest"))).Value.Profile.ShouldBeNull();
            (await (await Orders(second)).Open(held)).ShouldBeNull("the order service's key is gone, too");
            await second.StopAsync(TestContext.Current.CancellationToken);
        }

        // Each thing is in its own service's database, and nothing personal is in any.
        (await Scalar(connections["customer"], "select count(*) from events")).ShouldBe(3);
        (await Scalar(connections["customer"], "select count(*) from sealing_key where wrapped is null")).ShouldBe(1);
        (await Scalar(connections["customer"], "select count(*) from events where data::text like '%Anna%'")).ShouldBe(0);
        (await Scalar(connections["payment"], "select count(*) from sandbox.operation")).ShouldBe(1);
        foreach (var other in Services.Except(["customer"])) (await Scalar(connections[other], "select position from log_head")).ShouldBe(0);
    }

    private static Task<KeyRing> Orders(IHost silo) => silo.Services.GetRequiredService<ServiceSealer>().Of("order");

    private static ICustomerGrain Customer(IHost silo) =>
        silo.Services.GetRequiredService<IGrainFactory>().GetGrain<ICustomerGrain>(Keys.Customer(new CustomerId("anna")));

    private async Task<IHost> Start(Dictionary<string, string> connections)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddPostgresJournal(connections).AddPostgresKeyRing(_folder["secrets"]).AddPostgresSandboxProvider();
        var ports = FreePorts.Take(2);
        builder.UseOrleans(silo => silo.UseLocalhostClustering(ports[0], ports[1]).AddCommerceGrains());
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private static async Task<long> Scalar(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ToString());
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
