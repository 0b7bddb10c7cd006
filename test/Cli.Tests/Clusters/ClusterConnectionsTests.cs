using System.Text.Json;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;

namespace Commerce.Cli.Tests.Clusters;

public sealed class ClusterConnectionsTests : IDisposable
{
    private static readonly ServersGiven None = new(null, null, null);

    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("connections-").FullName, "connections.json");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Every_service_has_a_login_and_a_secret_of_its_own()
    {
        var connections = New();
        connections.Postgres.Logins.Keys.ShouldBe(ClusterConnections.Databases, ignoreOrder: true);
        connections.Rabbitmq.Users.Keys.ShouldBe([.. ClusterPlan.Roles, "analytics"], ignoreOrder: true);
        string[] secrets =
        [
            connections.Postgres.Admin.Password, connections.Rabbitmq.Admin.Password,
            .. connections.Postgres.Logins.Values.Select(login => login.Password), .. connections.Rabbitmq.Users.Values.Select(user => user.Password),
        ];
        secrets.ShouldBeUnique();
        secrets.ShouldAllBe(secret => secret.Length == 48);
    }

    [Fact]
    public void What_was_written_is_what_the_next_start_reads()
    {
        var connections = New();
        connections.Write(_file);
        JsonSerializer.Serialize(ClusterConnections.Read(_file)).ShouldBe(JsonSerializer.Serialize(connections));
    }

    [Fact]
    public void Nobody_else_may_read_it()
    {
        New().Write(_file);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(_file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void The_next_start_has_the_same_logins_and_ports()
    {
        var first = New();
        var second = ClusterConnections.Of(first, None, _ => true, new Random(2));
        JsonSerializer.Serialize(second).ShouldBe(JsonSerializer.Serialize(first));
    }

    [Fact]
    public void A_port_that_was_taken_meanwhile_is_given_up_and_its_passwords_are_not()
    {
        var first = New();
        var second = ClusterConnections.Of(first, None, port => port != first.Postgres.Port, new Random(2));
        second.Postgres.Port.ShouldNotBe(first.Postgres.Port);
        second.Postgres.Logins["order"].ConnectionString.ShouldContain($"Port={second.Postgres.Port}");
        second.Postgres.Logins["order"].Password.ShouldBe(first.Postgres.Logins["order"].Password);
        second.Rabbitmq.Port.ShouldBe(first.Rabbitmq.Port);
    }

    [Fact]
    public void A_server_that_is_there_already_is_used_as_it_is_named()
    {
        var given = ServersGiven.Of(name => name switch
        {
            ServersGiven.PostgresVariable => "Host=db.example;Port=5433;Username=admin;Password=a b;SSL Mode=Require",
            ServersGiven.RabbitMqVariable => "amqp://boss:p%40ss@mq.example:5673",
            _ => null,
        });
        var connections = ClusterConnections.Of(null, given, _ => true, new Random(1));

        connections.Postgres.Own.ShouldBeFalse();
        connections.Postgres.Logins["cart"].ConnectionString.ShouldSatisfyAllConditions(
            text => text.ShouldContain("Host=db.example"), text => text.ShouldContain("SSL Mode=Require"), text => text.ShouldContain("Database=commerce_cart"), text => text.ShouldNotContain("admin"));
        connections.Rabbitmq.Own.ShouldBeFalse();
        (connections.Rabbitmq.Admin.User, connections.Rabbitmq.Admin.Password).ShouldBe(("boss", "p@ss"));
        connections.Rabbitmq.Management.ShouldBe("http://mq.example:15672");
        connections.Rabbitmq.Users["order"].VirtualHosts["commerce-order"].ShouldStartWith("amqp://order:");
    }

    [Fact]
    public void An_address_that_is_none_is_refused() =>
        Should.Throw<UsageException>(() => ServersGiven.Of(name => name == ServersGiven.RabbitMqVariable ? "localhost" : null)).Message.ShouldContain("amqp://");

    [Fact]
    public void A_damaged_file_is_said_and_never_replaced()
    {
        File.WriteAllText(_file, """{"postgres":""");
        Should.Throw<MissingException>(() => ClusterConnections.Read(_file)).Message.ShouldContain("backup");
    }

    [Fact]
    public void Analytics_may_write_to_dead_letters_and_to_nobodys_exchange()
    {
        using var definitions = JsonDocument.Parse(RabbitMqChild.Definitions(New().Rabbitmq));
        var rights = definitions.RootElement.GetProperty("permissions").EnumerateArray().Where(right => right.GetProperty("user").GetString() == "analytics").ToList();
        rights.Select(right => right.GetProperty("vhost").GetString()).ShouldBe(["commerce-order", "commerce-inventory"], ignoreOrder: true);
        foreach (var write in rights.Select(right => right.GetProperty("write").GetString()!))
        {
            "orleans.commerce.events-order.dead".ShouldMatch(write);
            "orleans.commerce.events-order".ShouldNotMatch(write);
            "amq.default".ShouldNotMatch(write);
        }
    }

    [Fact]
    public void No_password_of_the_broker_is_written_down_a_second_time()
    {
        var access = New().Rabbitmq;
        var definitions = RabbitMqChild.Definitions(access);
        foreach (var user in access.Users.Values) definitions.ShouldNotContain(user.Password);
    }

    private static ClusterConnections New() => ClusterConnections.Of(null, None, _ => true, new Random(1));
}
