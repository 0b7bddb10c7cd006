using System.Text.Json;
using Commerce.Servers;

namespace Commerce.Kit.Servers;

/// <summary>A user of the private broker, the virtual host they may use, and what they may do there: everything, unless patterns say less.</summary>
public sealed record RabbitMqTenant(string VirtualHost, string UserName, string Password, string Configure = ".*", string Write = ".*", string Read = ".*");

/// <summary>
/// A private RabbitMQ node: own folder, own ports, own Erlang port mapper, started from the installed binaries. Its first boot takes
/// some ten seconds, so start it while something else is set up.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    /// <summary>User and password of the virtual host <c>/</c>.</summary>
    public const string User = "kit";

    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(240);
    private readonly OwnedFolder _folder;
    private readonly RabbitMqFolder _node;
    private ServerProcess _process;

    private RabbitMqServer(OwnedFolder folder, RabbitMqFolder node, ServerProcess process, int port, int tlsPort) =>
        (_folder, _node, _process, Port, TlsPort) = (folder, node, process, port, tlsPort);

    /// <summary>Plain AMQP on the loopback address.</summary>
    public int Port { get; }

    /// <summary>AMQPS on the loopback address: only clients with a certificate of our authority are let in. 0 without certificates.</summary>
    public int TlsPort { get; }

    public TimeSpan Cpu => _process.Cpu;

    public int ProcessId => _process.Id;

    /// <param name="certificates">Turns the AMQPS listener on.</param>
    /// <param name="tenants">Further users and their virtual hosts.</param>
    public static async Task<RabbitMqServer> Start(TestCertificates? certificates = null, params RabbitMqTenant[] tenants)
    {
        var ports = FreePorts.Take(4);
        var (port, tlsPort, epmd, distribution) = (ports[0], ports[1], ports[2], ports[3]);
        var folder = new OwnedFolder("rabbitmq", $"'{ServerBinaries.Epmd}' -port {epmd}", new Dictionary<string, string> { ["ERL_EPMD_ADDRESS"] = "127.0.0.1" });
        try
        {
            var node = new RabbitMqFolder(folder.Path, $"kit{port}@localhost", epmd, distribution);
            await File.WriteAllTextAsync(node.PluginsFile, "[].\n");
            await File.WriteAllTextAsync(node.DefinitionsFile, Definitions([new("/", User, User), .. tenants]));
            await File.WriteAllTextAsync(node.ConfigurationFile, Configuration(node, port, tlsPort, certificates));

            var process = Launch(folder, node);
            var server = new RabbitMqServer(folder, node, process, port, certificates is null ? 0 : tlsPort);
            await process.AcceptsConnections(port, BootLimit);
            return server;
        }
        catch
        {
            await folder.DisposeAsync();
            throw;
        }
    }

    /// <summary><c>kill -9</c>: nothing is flushed, nobody is told.</summary>
    public Task Kill() => _process.Kill();

    /// <summary>Starts the killed node again on the same ports and data.</summary>
    public async Task Restart()
    {
        await _process.DisposeAsync();
        _process = Launch(_folder, _node);
        await _process.AcceptsConnections(Port, BootLimit);
    }

    /// <summary>Raises or clears the memory alarm: while raised, the broker blocks every connection that publishes.</summary>
    public Task Block(bool blocked) => Eval(
        blocked ? "rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []})." : "rabbit_alarm:clear_alarm({resource_limit, memory, node()}).");

    /// <summary>Runs an Erlang expression inside the broker.</summary>
    public Task<string> Eval(string expression) => Control("eval", expression);

    public Task<string> Control(params string[] arguments) => ServerProcess.Run(ServerBinaries.RabbitMqCtl, arguments, _node.Variables, _folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _folder.DisposeAsync();
    }

    private static ServerProcess Launch(OwnedFolder folder, RabbitMqFolder node)
    {
        var process = ServerProcess.Start(node.Server());
        folder.RememberPid("broker", process.Id);
        return process;
    }

    private static string Configuration(RabbitMqFolder node, int port, int tlsPort, TestCertificates? certificates) => $"""
        listeners.tcp.1 = 127.0.0.1:{port}
        loopback_users = none
        load_definitions = {node.DefinitionsFile}
        log.file.level = warning
        log.console = false
        disk_free_limit.absolute = 50MB
        vm_memory_high_watermark.relative = 0.6
        {(certificates is null ? "" : $"""
        listeners.ssl.1 = 127.0.0.1:{tlsPort}
        ssl_options.cacertfile = {certificates.AuthorityFile}
        ssl_options.certfile = {certificates.ServerCertificateFile}
        ssl_options.keyfile = {certificates.ServerKeyFile}
        ssl_options.verify = verify_peer
        ssl_options.fail_if_no_peer_cert = true
        """)}

        """;

    private static string Definitions(IReadOnlyList<RabbitMqTenant> tenants) => JsonSerializer.Serialize(new
    {
        users = tenants.Select(t => new { name = t.UserName, password = t.Password, tags = "" }),
        vhosts = tenants.Select(t => t.VirtualHost).Distinct().Select(v => new { name = v }),
        permissions = tenants.Select(t => new { user = t.UserName, vhost = t.VirtualHost, configure = t.Configure, write = t.Write, read = t.Read }),
    });
}
