using System.Net;
using System.Net.Sockets;
using Commerce.Kit.Cluster;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Commerce.Silo.Tests.Journal;

[Alias("commerce.test.INoteGrain")]
public interface INoteGrain : IGrainWithStringKey
{
    [Alias("Write")] Task Write(string text);

    [Alias("Read")] Task<string> Read();

    [Alias("Clear")] Task Clear();
}

[GenerateSerializer, Alias("commerce.test.note")]
public sealed class Note
{
    [Id(0)] public string Text { get; set; } = "";
}

[GrainType("note")]
public sealed class NoteGrain([PersistentState("note", Commerce.ServiceDefaults.ClusterMember.SubscriptionStore)] IPersistentState<Note> note) : Grain, INoteGrain
{
    public async Task Write(string text)
    {
        note.State.Text = text;
        await note.WriteStateAsync();
        DeactivateOnIdle();
    }

    public Task<string> Read() => Task.FromResult(note.State.Text);

    public Task Clear() => note.ClearStateAsync();
}

/// <summary>Orleans' own tables, as we write them: members, and state of small grains.</summary>
public sealed class PostgresClusterTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Two_silos_find_each_other_and_a_grains_state_comes_back()
    {
        var connection = await postgres.Empty();
        PostgresMigrations.Cluster(connection);
        using var first = await Start(connection);
        using var second = await Start(connection);
        var management = first.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        await Until(async () => (await management.GetHosts(onlyActive: true)).Count == 2);

        var (here, there) = (Grain(first, "a"), Grain(second, "a"));
        await here.Write("one");
        await Until(async () => await there.Read() == "one");
        await there.Write("two");
        await Until(async () => await here.Read() == "two");
        await here.Clear();
        await here.Write("three");
        (await Scalar(connection, "select count(*) from grain_state")).ShouldBe(1);

        await second.StopAsync(TestContext.Current.CancellationToken);
        await Until(async () => (await management.GetHosts(onlyActive: true)).Count == 1);
        (await here.Read()).ShouldBe("three");
        await first.StopAsync(TestContext.Current.CancellationToken);
        (await Scalar(connection, "select version::bigint from membership_version")).ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task Racing_first_writes_leave_one_row()
    {
        var connection = await postgres.Empty();
        PostgresMigrations.Cluster(connection);
        await using var source = NpgsqlDataSource.Create(connection);
        for (var key = 0; key < 20; key++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                await using var write = source.CreateCommand($"select write_grain_state('s', 't', 0, 0, '{key}', null, 'x')");
                return await write.ExecuteScalarAsync();
            }));
            answers.Count(answer => answer is 1).ShouldBe(1);
            answers.Count(answer => answer is DBNull).ShouldBe(7);
        }

        (await Scalar(connection, "select count(*) from grain_state")).ShouldBe(20);
    }

    private static INoteGrain Grain(IHost silo, string key) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>(key);

    private static async Task<IHost> Start(string connection)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var ports = FreePorts();
        builder.UseOrleans(silo => silo
            .AddMembership(connection).AddSubscriptions(connection).OutliveMistakes()
            .Configure<ClusterMembershipOptions>(TestSilo.BePatient)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("test", "test"))
            .ConfigureEndpoints(IPAddress.Loopback, ports[0], ports[1], listenOnAnyHostAddress: false));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private static int[] FreePorts()
    {
        var listeners = new[] { new TcpListener(IPAddress.Loopback, 0), new TcpListener(IPAddress.Loopback, 0) };
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    // A condition that other silos bring about; each caller names it by what it asks.
    private static async Task Until(Func<Task<bool>> met)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await met()) await Task.Delay(50, patience.Token);
    }

    private static async Task<long> Scalar(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ToString());
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
