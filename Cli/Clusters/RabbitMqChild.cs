using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Commerce.Servers;

namespace Commerce.Cli.Clusters;

/// <summary>The cluster's own RabbitMQ in <c>DIR/rabbitmq</c> and its port mapper: own node, own ports, loopback only.</summary>
internal static class RabbitMqChild
{
    public static ChildSpec Epmd(ClusterFolder folder, RabbitMqAccess access) => new("epmd", ChildKind.Epmd, _ =>
        Task.FromResult(new Prepared(Node(folder, access).PortMapper().As(RabbitMqFolder.User), ready => Listens(access.EpmdPort, ready))));

    // All is written anew before every start: it may be gone together with the broker's data.
    public static ChildSpec Broker(ClusterFolder folder, RabbitMqAccess access) => new("rabbitmq", ChildKind.RabbitMq, async cancel =>
    {
        var node = Node(folder, access);
        Directory.CreateDirectory(node.Folder);
        PrivateFile.Write(node.PluginsFile, "[rabbitmq_management].\n");
        PrivateFile.Write(node.DefinitionsFile, Definitions(access));
        PrivateFile.Write(node.ConfigurationFile, Configuration(node, access));
        await Ownership.Give(node.Folder, RabbitMqFolder.User, cancel);

        var server = node.Server();
        var variables = new Dictionary<string, string>(server.Variables, StringComparer.Ordinal)
        {
            ["RABBITMQ_LOGS"] = "-",
            // Its input is /dev/null, which is at its end: it must not take that for the order to stop. Ctrl+C is for us to pass on.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = server.Variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] + " -noinput +Bi -start_epmd false",
        };
        return new Prepared((server with { Variables = variables }).As(RabbitMqFolder.User), ready => Listens(access.Port, ready));
    });

    public static async Task<bool> Listens(int port, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, cancel);
        return true;
    }

    /// <summary>
    /// Virtual hosts, users and permissions, as the broker imports them at every start or over HTTP. A service has all rights on its own virtual host.
    /// Analytics reads what it follows and writes to dead letters; it declares nothing, and publishes neither to another service's exchange nor to the default one.
    /// </summary>
    public static string Definitions(RabbitMqAccess access) => JsonSerializer.Serialize(new
    {
        users = access.Users.Values.Select(user => User(user, [])).Concat(access.Own ? [User(access.Admin, ["administrator"])] : []),
        vhosts = access.Admin.VirtualHosts.Keys.Select(name => new { name }),
        permissions = access.Users.SelectMany(user => user.Value.VirtualHosts.Keys.Select(vhost => user.Key == "analytics"
                ? Permission(user.Value.User, vhost, configure: "^$", write: @"\.dead$")
                : Permission(user.Value.User, vhost, configure: ".*", write: ".*")))
            .Concat(access.Admin.VirtualHosts.Keys.Select(vhost => Permission(access.Admin.User, vhost, configure: ".*", write: ".*"))),
    });

    internal static RabbitMqFolder Node(ClusterFolder folder, RabbitMqAccess access) => new(folder.RabbitMq, "commerce@localhost", access.EpmdPort, access.DistributionPort);

    private static object User(BrokerUser user, string[] tags) =>
        new { name = user.User, password_hash = Hash(user.Password), hashing_algorithm = "rabbit_password_hashing_sha256", tags = string.Join(',', tags) };

    private static object Permission(string user, string vhost, string configure, string write) => new { user, vhost, configure, write, read = ".*" };

    // The broker's own format: base64 of four bytes of salt and the SHA-256 of salt and password.
    private static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(4);
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])]);
    }

    private static string Configuration(RabbitMqFolder node, RabbitMqAccess access) => $"""
        listeners.tcp.1 = 127.0.0.1:{access.Port}
        management.tcp.ip = 127.0.0.1
        management.tcp.port = {access.ManagementPort}
        loopback_users = none
        load_definitions = {node.DefinitionsFile}
        log.console = true
        log.console.level = info
        log.file = false
        disk_free_limit.absolute = 50MB
        vm_memory_high_watermark.relative = 0.4

        """;
}
