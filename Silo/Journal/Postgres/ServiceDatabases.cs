using System.Collections.Concurrent;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>The databases of the services this silo may use, each with its own login and its own few connections.</summary>
public sealed class ServiceDatabases : IAsyncDisposable, IDisposable
{
    /// <summary>Connections of one silo to one service's database: a writer, a listener, and enough readers to hide the network. All silos together stay below the server's hundred.</summary>
    public const int MaxConnections = 8;

    /// <summary>A frozen server is an error after so long: the command gives up, asks for its cancellation in vain, and drops the connection.</summary>
    public static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait for a connection, or for one of the pool to come free.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(4);

    /// <summary>As the client does on its side, below: a host that is gone is noticed after 8 s, not after the two hours of most systems.</summary>
    private const string ServerKeepAlive = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3";

    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _connections;

    /// <param name="connections">Service to connection string.</param>
    public ServiceDatabases(IReadOnlyDictionary<string, string> connections) => _connections = new(connections, StringComparer.Ordinal);

    /// <summary>The services there is a database for.</summary>
    public IEnumerable<string> Services => _connections.Keys;

    /// <summary>A service's database.</summary>
    /// <exception cref="DependencyUnavailableException">This silo has none for that service.</exception>
    public NpgsqlDataSource Of(string service) => _sources.GetOrAdd(service, static (name, connections) =>
        connections.TryGetValue(name, out var connection) ? Open(name, connection) : throw new DependencyUnavailableException($"journal of {name}"), _connections);

    /// <summary>A service's connection string, with every wait bounded.</summary>
    public string ConnectionOf(string service) => Bounded(service, _connections[service]).ToString();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _sources.Values) source.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values) await source.DisposeAsync();
    }

    private static NpgsqlDataSource Open(string service, string connection) => NpgsqlDataSource.Create(Bounded(service, connection));

    private static NpgsqlConnectionStringBuilder Bounded(string service, string connection)
    {
        var bounded = new NpgsqlConnectionStringBuilder(connection);
        bounded.ApplicationName ??= $"commerce-{service}";
        bounded.CommandTimeout = (int)CommandLimit.TotalSeconds;
        bounded.Timeout = (int)ConnectLimit.TotalSeconds;
        bounded.CancellationTimeout = 1_000;
        bounded.MaxPoolSize = Math.Min(bounded.MaxPoolSize, MaxConnections);
        bounded.ConnectionIdleLifetime = 60;
        bounded.TcpKeepAlive = true;
        bounded.TcpKeepAliveTime = 5;
        bounded.TcpKeepAliveInterval = 1;
        bounded.MaxAutoPrepare = 40;
        bounded.AutoPrepareMinUsages = 3;
        bounded.IncludeErrorDetail = false;
        // Nothing here changes a session: there is nothing to reset between two uses of a connection.
        bounded.NoResetOnClose = true;
        // A statement planned while its table was empty keeps its plan while the table grows: reading all of it, until the statistics are made. Here every table is reached through an index.
        // A transaction whose client has gone silent holds the log's head, and with it the whole service: it ends when no statement comes for longer than any may take.
        bounded.Options = $"{bounded.Options} -c enable_seqscan=off -c idle_in_transaction_session_timeout={(int)(2 * CommandLimit.TotalMilliseconds)} {ServerKeepAlive}".Trim();
        return bounded;
    }
}
