using System.Collections.Concurrent;
using Commerce.Cli.Clusters;
using Commerce.Servers;

namespace Commerce.Cli.Chaos.Lab;

/// <summary>
/// A TCP proxy on every edge: from each process to PostgreSQL, to RabbitMQ and to the payment provider, from there to the shop, and in front of each silo, whose
/// proxy's port is the one it is known by. Who connects to a silo is told by the kernel, so that a partition may be between two silos and in one direction.
/// </summary>
internal sealed class Edges(ClusterFolder folder, ClusterConnections direct, IReadOnlyDictionary<string, string> variables) : ISurroundings, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TcpProxy> _postgres = new(StringComparer.Ordinal), _broker = new(StringComparer.Ordinal), _provider = new(StringComparer.Ordinal), _silo = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, string> _owners = new();
    private volatile HashSet<(string From, string To)> _severed = [];
    private Func<bool>? _loses;
    private TcpProxy? _messages;

    /// <summary>The processes that run now; set by whoever starts them.</summary>
    public Func<IEnumerable<(string Name, int Id)>> Processes { get; set; } = static () => [];

    public IEnumerable<TcpProxy> ToPostgres => _postgres.Values;

    public IEnumerable<TcpProxy> ToBroker => _broker.Values;

    public IEnumerable<TcpProxy> ToProvider => _provider.Values;

    /// <summary>From the provider to the shop; null before the provider was first started.</summary>
    public TcpProxy? Messages => _messages;

    public IEnumerable<TcpProxy> BetweenSilos => _silo.Values;

    public TcpProxy PostgresOf(string process) => _postgres.GetOrAdd(process, _ => new TcpProxy(direct.Postgres.Port));

    public TcpProxy BrokerOf(string process) => _broker.GetOrAdd(process, _ => new TcpProxy(direct.Rabbitmq.Port));

    public ClusterConnections ConnectionsOf(string process) => direct.Through(PostgresOf(process).Port, BrokerOf(process).Port);

    public Uri ProviderOf(string process, Uri simulator) => new UriBuilder(simulator) { Port = _provider.GetOrAdd(process, _ => new TcpProxy(simulator.Port)).Port }.Uri;

    /// <summary>From a silo that runs to the payment provider.</summary>
    public TcpProxy ToProviderFrom(string silo) => _provider[silo];

    public int MessagesTo(int shop) => (_messages ??= new TcpProxy(shop)).Port;

    public int PortOf(string process, int port)
    {
        if (_silo.TryRemove(process, out var before)) _ = before.DisposeAsync().AsTask();
        var proxy = new TcpProxy(port) { Swallows = (client, answers) => IsSevered(process, client, answers), Loses = _loses };
        _silo[process] = proxy;
        return proxy.Port;
    }

    public IReadOnlyDictionary<string, string> VariablesOf(string process) => new Dictionary<string, string>(variables, StringComparer.Ordinal)
    {
        ["DOTNET_ENVIRONMENT"] = "Laboratory",
        ["Laboratory__Orders"] = OrdersOf(process),
    };

    /// <summary>Tells a process what to do: a crash, another clock, or nothing.</summary>
    public void Order(string process, string orders)
    {
        var file = OrdersOf(process);
        File.Delete($"{file}.hit");
        Write(file, orders);
    }

    /// <summary>Takes the order back; whether it was carried out stays known until the next one.</summary>
    public void Disarm(string process) => Write(OrdersOf(process), "");

    /// <summary>Where a process crashed as it was told to; null while it has not.</summary>
    public string? Crashed(string process) => File.Exists($"{OrdersOf(process)}.hit") ? File.ReadAllText($"{OrdersOf(process)}.hit") : null;

    /// <summary>How often processes have broken the promise that was taken away from them.</summary>
    public int Broken => Directory.EnumerateFiles(folder.Run, "*.broke").Count();

    /// <summary>From here on nothing passes in these directions.</summary>
    public void Sever(IEnumerable<(string From, string To)> directions)
    {
        _owners.Clear();
        _severed = [.. directions];
    }

    /// <summary>Ends it. What was swallowed is gone, so those connections begin anew.</summary>
    public void Mend()
    {
        var severed = _severed;
        _severed = [];
        foreach (var (name, proxy) in _silo)
        {
            if (severed.Any(direction => direction.From == name || direction.To == name)) proxy.Cut();
        }
    }

    /// <summary>What loses a block of bytes between silos; null for none.</summary>
    public void Lose(Func<bool>? loses)
    {
        _loses = loses;
        foreach (var proxy in _silo.Values) proxy.Loses = loses;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _postgres.Values.Concat(_broker.Values).Concat(_provider.Values).Concat(_silo.Values)) await proxy.DisposeAsync();
        if (_messages is not null) await _messages.DisposeAsync();
    }

    private bool IsSevered(string server, int client, bool answers)
    {
        var severed = _severed;
        if (severed.Count == 0) return false;
        if (!_owners.TryGetValue(client, out var owner))
        {
            if (SocketOwner.Of(client, Processes()) is not { } found) return false;
            _owners[client] = owner = found;
        }

        return severed.Contains(answers ? (server, owner) : (owner, server));
    }

    private static void Write(string file, string orders)
    {
        File.WriteAllText($"{file}.new", orders);
        File.Move($"{file}.new", file, overwrite: true);
    }

    private string OrdersOf(string process) => Path.Combine(folder.Run, $"{process}.orders");
}
