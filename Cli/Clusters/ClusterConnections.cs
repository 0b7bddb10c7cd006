using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Commerce.Cli.Output;
using Commerce.Servers;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Cli.Clusters;

/// <summary>A login of PostgreSQL, with rights on its own database and nothing else (the administrator's has all).</summary>
internal sealed record DatabaseLogin(string User, string Password, string Database, string ConnectionString);

/// <summary>A user of RabbitMQ and the virtual hosts it may use, each with its address.</summary>
internal sealed record BrokerUser(string User, string Password, SortedDictionary<string, string> VirtualHosts);

internal sealed record PostgresAccess(string Host, int Port, bool Own, DatabaseLogin Admin, SortedDictionary<string, DatabaseLogin> Logins);

internal sealed record RabbitMqAccess(
    string Host, int Port, string Management, int ManagementPort, int EpmdPort, int DistributionPort, bool Own, BrokerUser Admin, SortedDictionary<string, BrokerUser> Users);

/// <summary>Every login and port of a cluster, as <c>DIR/connections.json</c> (mode 600) keeps them from start to start.</summary>
internal sealed record ClusterConnections(PostgresAccess Postgres, RabbitMqAccess Rabbitmq)
{
    /// <summary>One database and login each, and one for the cluster itself.</summary>
    public static readonly IReadOnlyList<string> Databases = PostgresDatabases.All;

    /// <summary>The feeds Analytics reads.</summary>
    public static readonly string[] AnalyticsFeeds = ["order", "inventory"];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    public static string VirtualHostOf(string service) => $"commerce-{service}";

    /// <summary>What was kept, or null at the first start.</summary>
    public static ClusterConnections? Read(string file)
    {
        if (!File.Exists(file)) return null;
        try
        {
            return JsonSerializer.Deserialize<ClusterConnections>(File.ReadAllText(file), Json) is { Postgres: not null, Rabbitmq: not null } kept ? kept : throw Damaged(file);
        }
        catch (JsonException)
        {
            throw Damaged(file);
        }
        catch (UnauthorizedAccessException)
        {
            throw new MissingException($"{file} cannot be read; run this as the user who started the cluster.");
        }
    }

    /// <summary>The same servers by other ports, as a process sees them that has something in between.</summary>
    public ClusterConnections Through(int postgres, int broker) => new(
        Postgres with { Logins = Sorted(Postgres.Logins.Keys, name => Postgres.Logins[name] with { ConnectionString = new NpgsqlConnectionStringBuilder(Postgres.Logins[name].ConnectionString) { Port = postgres }.ConnectionString }) },
        Rabbitmq with
        {
            Users = Sorted(Rabbitmq.Users.Keys, name => Rabbitmq.Users[name] with
            {
                VirtualHosts = Sorted(Rabbitmq.Users[name].VirtualHosts.Keys, vhost => Address(name, Rabbitmq.Users[name].Password, Rabbitmq.Host, broker, vhost)),
            }),
        });

    public void Write(string file) => PrivateFile.Write(file, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>The passwords that were kept and new ones for what is new; the ports that were kept while <paramref name="isFree"/> says so.</summary>
    public static ClusterConnections Of(ClusterConnections? kept, ServersGiven given, Func<int, bool> isFree, Random chance)
    {
        var spare = new Queue<int>(FreePorts.TakeLasting(5, chance));
        int Port(int? before) => before is > 0 and var port && isFree(port) ? port : spare.Dequeue();

        var admin = given.Postgres is { } there
            ? new NpgsqlConnectionStringBuilder(there)
            : new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1", Port = Port(kept?.Postgres.Port), Username = PostgresFolder.User, Database = "postgres", Password = Secret(kept?.Postgres.Admin.Password),
            };
        var postgres = new PostgresAccess(
            admin.Host!, admin.Port, given.Postgres is null, new DatabaseLogin(admin.Username ?? "", admin.Password ?? "", admin.Database ?? "", admin.ConnectionString),
            Sorted(Databases, service => Login(admin, PostgresDatabases.NameOf(service), Secret(kept?.Postgres.Logins.GetValueOrDefault(service)?.Password))));
        return new ClusterConnections(postgres, given.RabbitMq is { } broker ? There(broker, given.Management, kept?.Rabbitmq) : Own(kept?.Rabbitmq, Port));
    }

    private static RabbitMqAccess Own(RabbitMqAccess? kept, Func<int?, int> port)
    {
        var (amqp, management) = (port(kept?.Port), port(kept?.ManagementPort));
        return new RabbitMqAccess(
            "127.0.0.1", amqp, $"http://127.0.0.1:{management}", management, port(kept?.EpmdPort), port(kept?.DistributionPort), Own: true,
            Admin("commerce_admin", Secret(kept?.Admin.Password), "127.0.0.1", amqp), Users(kept, "127.0.0.1", amqp));
    }

    private static RabbitMqAccess There(Uri broker, Uri? management, RabbitMqAccess? kept)
    {
        var (user, password) = UserOf(broker);
        var port = broker.Port > 0 ? broker.Port : 5672;
        var at = management is null ? $"http://{broker.Host}:15672" : management.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new RabbitMqAccess(broker.Host, port, at, new Uri(at).Port, 0, 0, Own: false, Admin(user, password, broker.Host, port), Users(kept, broker.Host, port));
    }

    private static BrokerUser Admin(string user, string password, string host, int port) =>
        new(user, password, Sorted(ClusterPlan.Roles.Select(VirtualHostOf), vhost => Address(user, password, host, port, vhost)));

    private static SortedDictionary<string, BrokerUser> Users(RabbitMqAccess? kept, string host, int port) => Sorted([.. ClusterPlan.Roles, "analytics"], name =>
    {
        var password = Secret(kept?.Users.GetValueOrDefault(name)?.Password);
        return new BrokerUser(name, password, Sorted((name == "analytics" ? AnalyticsFeeds : [name]).Select(VirtualHostOf), vhost => Address(name, password, host, port, vhost)));
    });

    private static DatabaseLogin Login(NpgsqlConnectionStringBuilder admin, string name, string password) =>
        new(name, password, name, new NpgsqlConnectionStringBuilder(admin.ConnectionString) { Username = name, Password = password, Database = name }.ConnectionString);

    private static (string User, string Password) UserOf(Uri address) =>
        address.UserInfo.Split(':', 2) is [var user, var password] ? (Uri.UnescapeDataString(user), Uri.UnescapeDataString(password)) : ("guest", "guest");

    private static string Address(string user, string password, string host, int port, string vhost) => $"amqp://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(password)}@{host}:{port}/{vhost}";

    private static string Secret(string? kept) => kept is { Length: > 0 } ? kept : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static SortedDictionary<string, T> Sorted<T>(IEnumerable<string> keys, Func<string, T> value) => new(keys.ToDictionary(key => key, value), StringComparer.Ordinal);

    private static MissingException Damaged(string file) =>
        new($"{file} is damaged, and without it nobody can log in to the databases; put it back from a backup.");
}

/// <summary>Servers that are there already, as the environment names them; what is not given is started here.</summary>
internal sealed record ServersGiven(string? Postgres, Uri? RabbitMq, Uri? Management)
{
    public const string PostgresVariable = "ConnectionStrings__postgres", RabbitMqVariable = "ConnectionStrings__rabbitmq", ManagementVariable = "ConnectionStrings__rabbitmq_management";

    public static ServersGiven Here => Of(Environment.GetEnvironmentVariable);

    public static ServersGiven Of(Func<string, string?> variable) =>
        new(NotEmpty(variable(PostgresVariable)), Address(variable, RabbitMqVariable, "amqp"), Address(variable, ManagementVariable, "http"));

    private static Uri? Address(Func<string, string?> variable, string name, string scheme) => NotEmpty(variable(name)) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme.StartsWith(scheme, StringComparison.Ordinal) ? address
        : throw new UsageException($"{name} is not an address such as {scheme}://user:password@host.");

    private static string? NotEmpty(string? text) => text is { Length: > 0 } ? text : null;
}
