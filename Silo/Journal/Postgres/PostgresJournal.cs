using System.Collections.Concurrent;
using Commerce.Feeds;
using Commerce.Kernel;
using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>The journals of the services on PostgreSQL, each in its own database: one writer per service with group commit, readers beside it.</summary>
public sealed class PostgresJournal : IJournal, IAsyncDisposable, IDisposable
{
    /// <summary>Most histories loaded by one statement: many grains that wake at once, after a silo has died or a shop has started, share it.</summary>
    private const int LoadsTogether = 64;

    /// <summary>Statements that load at once: one that reads a very long history holds up no others, and connections are left for other reads.</summary>
    private const int LoadsAtOnce = 4;

    /// <summary>How long a reader waits to learn how a lost commit ended before it says that the journal is away.</summary>
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ServiceJournal> _services = new(StringComparer.Ordinal);
    private readonly ServiceDatabases _databases;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private volatile Task? _closing;

    /// <param name="databases">Where each service's journal is.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Where faults are told.</param>
    public PostgresJournal(ServiceDatabases databases, TimeProvider time, ILogger<PostgresJournal> log) => (_databases, _time, _log) = (databases, time, log);

    /// <inheritdoc/>
    public Task<AppendOutcome> Append(Append append)
    {
        ArgumentOutOfRangeException.ThrowIfZero(append.Events.Count);
        try
        {
            return Of(append.Stream.Service).Lane.Append(append);
        }
        catch (DependencyUnavailableException away)
        {
            return Task.FromException<AppendOutcome>(away);
        }
    }

    /// <inheritdoc/>
    public async Task<StreamHistory> Load(StreamName stream)
    {
        var service = Of(stream.Service);
        await Settled(service);
        return await PostgresFaults.Guard("journal", _log, () => service.Loads.Do(stream));
    }

    /// <inheritdoc/>
    public async Task<bool> Holds(StreamName stream, Guid eventId)
    {
        var service = Of(stream.Service);
        await Settled(service);
        await service.Lane.Barrier();
        return await Read(stream.Service, source => PostgresReads.Holds(source, stream, eventId), settled: true);
    }

    /// <inheritdoc/>
    public Task<string?> FindCommand(StreamName stream, string commandId) =>
        Read(stream.Service, source => PostgresReads.Command(source, stream, commandId), settled: true);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max) =>
        Read(stream.Service, source => PostgresReads.Stream(source, stream, after, max));

    /// <inheritdoc/>
    public void SaveSnapshot(StreamName stream, Snapshot snapshot) => Of(stream.Service).Snapshots.Keep(stream, snapshot);

    /// <inheritdoc/>
    public async Task<FeedPage> ReadFeed(string service, int partition, long after, int max)
    {
        if (partition != 0) return new FeedPage(await Head(service, partition), []);
        if (Of(service).Tail.After(after, max) is { } recent) return recent;
        var page = await Read(service, source => PostgresReads.Feed(source, service, after, max));
        Of(service).Tail.Compare(page.Head.Epoch);
        return page;
    }

    /// <inheritdoc/>
    public async Task<FeedHead> Head(string service, int partition)
    {
        var head = await Read(service, source => PostgresReads.Head(source, partition));
        Of(service).Tail.Compare(head.Epoch);
        return head;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max) =>
        Read(service, source => PostgresReads.Due(source, service, now, max));

    /// <inheritdoc/>
    public Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now) => Read(service, source => PostgresReads.NextDue(source, now));

    /// <inheritdoc/>
    public async Task Appended(string service, CancellationToken cancel) =>
        await Of(service).Signals.Next().WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Throws a service's snapshots away. Nothing is lost by it but the time to load the streams again.</summary>
    public Task<int> DropSnapshots(string service) => Read(service, async source =>
    {
        await Of(service).Snapshots.Barrier();
        await using var drop = source.CreateCommand("delete from snapshot");
        return await drop.ExecuteNonQueryAsync();
    });

    /// <summary>Another epoch, after a restore that the server's timeline does not tell of: positions may mean other events than a reader elsewhere has seen. Answers it; silos start afterwards.</summary>
    public async Task<string> ChangeEpoch(string service)
    {
        await Read(service, async source =>
        {
            await using var change = source.CreateCommand("update log_head set epoch = $1");
            change.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Guid.CreateVersion7(_time.GetUtcNow()).ToString("N") });
            return await change.ExecuteNonQueryAsync();
        });
        return (await Head(service, 0)).Epoch;
    }

    /// <summary>The writer of a service, for tests that let it fail.</summary>
    internal PostgresLane Lane(string service) => Of(service).Lane;

    /// <summary>Ends when every snapshot handed over before has been kept or dropped.</summary>
    internal Task SnapshotsKept(string service) => Of(service).Snapshots.Barrier();

    /// <summary>Carries out what was handed over, and lets the connections go. Who closes it again waits for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate) return new ValueTask(_closing ??= Task.WhenAll(_services.Values.Select(service => service.DisposeAsync().AsTask())));
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private ServiceJournal Of(string service)
    {
        if (_closing is not null) throw new DependencyUnavailableException("journal");
        if (_services.TryGetValue(service, out var known)) return known;
        var source = _databases.Of(service);
        lock (_gate)
        {
            if (_closing is not null) throw new DependencyUnavailableException("journal");
            return _services.GetOrAdd(service, name => new ServiceJournal(name, source, _time, _log));
        }
    }

    private async Task<T> Read<T>(string service, Func<NpgsqlDataSource, Task<T>> read, bool settled = false)
    {
        var journal = Of(service);
        if (settled) await Settled(journal);
        return await PostgresFaults.Guard("journal", _log, () => read(journal.Source));
    }

    private static async Task Settled(ServiceJournal service)
    {
        var settled = service.Lane.Settled;
        if (settled.IsCompleted) return;
        try
        {
            await settled.WaitAsync(SettleWithin);
        }
        catch (TimeoutException)
        {
            throw new DependencyUnavailableException("journal");
        }
    }

    private sealed class ServiceJournal : IAsyncDisposable
    {
        public ServiceJournal(string service, NpgsqlDataSource source, TimeProvider time, ILogger log)
        {
            Source = source;
            Tail = new JournalTail(service);
            Signals = new PostgresSignals(service, source, time, log);
            Lane = new PostgresLane(service, source, Tail, Signals.Appended, time, log);
            Snapshots = new PostgresSnapshots(source, log);
            Loads = new Together<StreamName, StreamHistory>(LoadsTogether, LoadsAtOnce, streams => PostgresFaults.OnAnother(() => PostgresReads.Load(source, streams)));
        }

        public NpgsqlDataSource Source { get; }

        public PostgresSignals Signals { get; }

        public JournalTail Tail { get; }

        public PostgresLane Lane { get; }

        public PostgresSnapshots Snapshots { get; }

        public Together<StreamName, StreamHistory> Loads { get; }

        public async ValueTask DisposeAsync()
        {
            await Lane.DisposeAsync().ConfigureAwait(false);
            await Snapshots.DisposeAsync().ConfigureAwait(false);
            await Signals.DisposeAsync().ConfigureAwait(false);
        }
    }
}
