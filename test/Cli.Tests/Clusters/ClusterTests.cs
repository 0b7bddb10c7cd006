using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Servers;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Commerce.Cli.Tests.Clusters;

/// <summary>The real PostgreSQL and RabbitMQ under the real supervisor; the programs are sleepers.</summary>
public sealed class ClusterTests : IAsyncDisposable
{
    private readonly ClusterFolder _folder = new(Directory.CreateTempSubdirectory("cluster-").FullName);
    private readonly ClusterConnections _connections;
    private readonly Supervisor _supervisor;
    private readonly Cluster _cluster;

    public ClusterTests()
    {
        // The servers' own accounts must be able to pass.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
        _folder.Make();
        _connections = ClusterConnections.Of(null, new ServersGiven(null, null, null), FreePorts.IsFree, new Random());
        _supervisor = new Supervisor(new ProcessLauncher(_folder), TimeProvider.System, TestContext.Current.SendDiagnosticMessage);
        _cluster = new Cluster(_folder, ClusterPlan.Of([], 2, 1), _connections, new Sleepers(), _supervisor, FreePorts.Take(1)[0]);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _supervisor.StopAll();
        _cluster.Dispose();
        Directory.Delete(_folder.Root, recursive: true);
    }

    [Fact]
    public async Task A_cluster_starts_scales_loses_a_silo_and_ends()
    {
        await using var control = new ControlSocket(_folder, _cluster.Do);
        // Programs do not wait for the broker, which cannot start yet; one that is killed meanwhile comes back.
        File.WriteAllText(_folder.RabbitMq, "in its way");
        var starting = _cluster.Start(Cancel);
        var silo = await Appears("silo-1");
        var pid = silo.Pid;
        await Ask(new("kill", "silo-1"));
        await starting;
        _supervisor.Children.SingleOrDefault(child => child.Name == "rabbitmq")?.State.ShouldNotBe(ChildState.Running, "nobody waits for the broker");
        File.Delete(_folder.RabbitMq);
        await silo.Reaches(ChildState.Running, Cancel);
        silo.Pid.ShouldNotBe(pid);

        // Every login has its own database and no other.
        (await Reads("inventory", "commerce_inventory")).ShouldBeTrue();
        (await Reads("inventory", "commerce_order")).ShouldBeFalse();
        (await Reads("analytics", "commerce_cluster")).ShouldBeFalse();

        // After a crash it does not open each of its thousands of files before it answers.
        (await Administer("postgres", "show recovery_init_sync_method")).ShouldBe("syncfs");

        // What an operator dropped is made again, with its login and rights; the others are left alone.
        await Administer("postgres", "drop database commerce_analytics with (force)");
        (await Reads("analytics", "commerce_analytics")).ShouldBeFalse();
        await Databases.Ensure(_connections.Postgres, "analytics");
        (await Reads("analytics", "commerce_analytics")).ShouldBeTrue();
        (await Reads("analytics", "commerce_order")).ShouldBeFalse();

        // Members that a backup knows are none of the cluster that is made of it.
        await Administer("commerce_cluster", """
            insert into membership_version (cluster) values ('commerce') on conflict do nothing;
            insert into member values ('commerce', '127.0.0.1', 1, 1, 'silo-9', 'host', 3, 0, null, now(), now())
            """);
        (await Membership.IsActive(_connections.Postgres.Logins["cluster"].ConnectionString, "silo-9", 1, Cancel)).ShouldBeTrue();
        await Databases.Prepare(_connections.Postgres);
        (await Membership.IsActive(_connections.Postgres.Logins["cluster"].ConnectionString, "silo-9", 1, Cancel)).ShouldBeFalse();

        await (await Appears("rabbitmq")).Reaches(ChildState.Running, Cancel);
        await WhatAUserMay();

        // The broker knows the users: the administrator may ask for the queues, and there are none yet.
        using (var management = new Management(_connections.Rabbitmq)) (await management.Queues(Cancel)).ShouldNotBeNull().ShouldBeEmpty();

        (await Ask(new("scale", "silo", 3))).ShouldContain("silo-3");
        (await Ask(new("scale", "silo", 1))).ShouldNotContain("silo-2");
        Alive().ShouldBe(["analytics-1", "epmd", "gateway-1", "postgres", "rabbitmq", "silo-1"]);

        await Ask(new("drain", "gateway-1"));
        _supervisor.Find("gateway-1").State.ShouldBe(ChildState.Drained);
        await Should.ThrowAsync<UsageException>(() => Ask(new("kill", "gateway-1")));

        // Only what is drained starts off another build.
        (await Should.ThrowAsync<UsageException>(() => Ask(new("start", "silo-1", From: "/next")))).Message.ShouldContain("drain silo-1");
        (await Should.ThrowAsync<UsageException>(() => Ask(new("start", "postgres", From: "/next")))).Message.ShouldContain("no program of ours");
        var state = await ControlClient.Ask(_folder, new("start", "gateway-1", From: "/next"), _ => { }, Cancel);
        state.Children.Where(child => child.From is not null).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            child => child.Name.ShouldBe("gateway-1"), child => child.From.ShouldBe("/next"), child => child.State.ShouldBe(ChildState.Running));

        await _supervisor.StopAll();
        Directory.GetFiles(_folder.Run, "*.pid").ShouldBeEmpty();
        (await Should.ThrowAsync<Exception>(() => PostgresChild.Answers(_connections.Postgres.Admin.ConnectionString, Cancel))).ShouldBeAssignableTo<NpgsqlException>();
    }

    [Fact]
    public async Task A_cluster_that_is_scaled_while_it_starts_has_everything_once()
    {
        var starting = _cluster.Start(Cancel);
        var scaled = _cluster.Do(new("scale", "silo", 3), _ => { }, Cancel);
        await Task.WhenAll(starting, scaled);

        _supervisor.Children.Where(child => child.Kind == ChildKind.Silo).Select(child => child.Name).Order(StringComparer.Ordinal).ShouldBe(["silo-1", "silo-2", "silo-3"]);
    }

    [Fact]
    public async Task What_a_killed_supervisor_left_is_ended_and_nothing_else()
    {
        var launcher = new ProcessLauncher(_folder);
        using var left = launcher.Start("silo-1", Sleepers.Sleep);
        using var stranger = launcher.Start("silo-2", Sleepers.Sleep);
        while (!File.Exists(_folder.PidOf("silo-1")) || !File.Exists(_folder.PidOf("silo-2"))) await Task.Delay(10, Cancel);
        // The same number, started at another time: another program.
        File.WriteAllText(_folder.PidOf("silo-2"), $"{stranger.Id} 1 {File.ReadAllText("/proc/sys/kernel/random/boot_id")}");

        (await Leftovers.End(_folder, Cancel)).ShouldBe(["silo-1"]);

        await left.Exited.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        stranger.Exited.IsCompleted.ShouldBeFalse();
        stranger.Kill();
        await stranger.Exited.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
    }

    [Fact]
    public async Task A_child_knows_the_shop_s_settings_and_not_which_shop_this_shell_works_with()
    {
        foreach (var name in (string[])["Commerce__OfTheTest", "COMMERCE_OF_THE_TEST"]) Environment.SetEnvironmentVariable(name, "00:00:10");
        try
        {
            using var child = new ProcessLauncher(_folder).Start("silo-3", new Launch("env", [], new Dictionary<string, string> { ["Told"] = "yes" }, "/"));
            await child.Exited.WaitAsync(TimeSpan.FromMinutes(2), Cancel);

            File.ReadAllLines(_folder.LogOf("silo-3")).Where(line => line.Contains("ommerce", StringComparison.OrdinalIgnoreCase) && line.EndsWith("=00:00:10", StringComparison.Ordinal)
                || line == "Told=yes").Order(StringComparer.Ordinal).ShouldBe(["Commerce__OfTheTest=00:00:10", "Told=yes"]);
        }
        finally
        {
            foreach (var name in (string[])["Commerce__OfTheTest", "COMMERCE_OF_THE_TEST"]) Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task Where_no_cluster_runs_the_cure_is_said() =>
        (await Should.ThrowAsync<MissingException>(() => Ask(new("kill", "silo-1")))).Message.ShouldContain("up --cluster");

    private async Task<Child> Appears(string name)
    {
        while (true)
        {
            if (_supervisor.Children.FirstOrDefault(child => child.Name == name) is { } child)
            {
                await child.Reaches(ChildState.Running, Cancel);
                return child;
            }

            await Task.Delay(20, Cancel);
        }
    }

    private async Task<string[]> Ask(ControlRequest request)
    {
        var state = await ControlClient.Ask(_folder, request, _ => { }, Cancel);
        return [.. state.Children.Select(child => child.Name)];
    }

    private string[] Alive() => [.. Directory.GetFiles(_folder.Run, "*.pid").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!];

    // A service speaks on its own virtual host. Analytics hears it there, speaks neither in its name nor past its exchange, and enters no virtual host it does not follow.
    private async Task WhatAUserMay()
    {
        const string exchange = "orleans.commerce.events-order";
        await using (var order = await Connect("order", "order"))
        await using (var channel = await order.CreateChannelAsync(cancellationToken: Cancel))
        {
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Direct, cancellationToken: Cancel);
            await channel.QueueDeclareAsync(exchange + ".0", exclusive: false, autoDelete: false, cancellationToken: Cancel);
        }

        (await Publishes("order", "order", exchange)).ShouldBeTrue();
        (await Publishes("analytics", "order", exchange)).ShouldBeFalse();
        (await Publishes("analytics", "order", "")).ShouldBeFalse();
        (await Publishes("analytics", "cart", "")).ShouldBeFalse();
        (await Publishes("inventory", "order", exchange)).ShouldBeFalse();
        await using var cleaner = await Connect("order", "order");
        await using var last = await cleaner.CreateChannelAsync(cancellationToken: Cancel);
        await last.QueueDeleteAsync(exchange + ".0", cancellationToken: Cancel);
    }

    private Task<IConnection> Connect(string user, string service)
    {
        var (access, login) = (_connections.Rabbitmq, _connections.Rabbitmq.Users[user]);
        return new ConnectionFactory
        {
            HostName = access.Host, Port = access.Port, UserName = login.User, Password = login.Password, VirtualHost = ClusterConnections.VirtualHostOf(service), AutomaticRecoveryEnabled = false,
        }.CreateConnectionAsync(Cancel);
    }

    private async Task<bool> Publishes(string user, string service, string exchange)
    {
        await using var connection = await Connect(user, service);
        try
        {
            await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancel);
            await channel.BasicPublishAsync(exchange, "orleans.commerce.events-order.0", new byte[] { 1 }, Cancel);
            return true;
        }
        catch (OperationInterruptedException refused) when (refused.ShutdownReason is { ReplyCode: Constants.AccessRefused or Constants.NotAllowed })
        {
            return false;
        }
    }

    private async Task<object?> Administer(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connections.Postgres.Admin.ConnectionString) { Database = database, Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }

    private async Task<bool> Reads(string login, string database)
    {
        try
        {
            return await PostgresChild.Answers(new NpgsqlConnectionStringBuilder(_connections.Postgres.Logins[login].ConnectionString) { Database = database }.ConnectionString, Cancel);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidCatalogName)
        {
            return false;
        }
    }

    private sealed class Sleepers : IPrograms
    {
        public static readonly Launch Sleep = new("sleep", ["1000"], new Dictionary<string, string>(), "/");

        private readonly Dictionary<string, string> _builds = [];

        public ChildSpec Silo(int number, IReadOnlyList<string> roles) => Of($"silo-{number}", ChildKind.Silo) with { Roles = roles };

        public ChildSpec Analytics(int number) => Of($"analytics-{number}", ChildKind.Analytics);

        public ChildSpec Gateway(int number) => Of($"gateway-{number}", ChildKind.Gateway);

        public void Use(string name, ChildKind kind, string build) => _builds[name] = build;

        public string? BuildOf(string name) => _builds.GetValueOrDefault(name);

        private static ChildSpec Of(string name, ChildKind kind) => new(name, kind, _ => Task.FromResult(new Prepared(Sleep, _ => Task.FromResult(true))));
    }
}
