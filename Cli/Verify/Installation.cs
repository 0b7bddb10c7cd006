using Commerce.Analytics.Store;
using Commerce.Cli.Output;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Payments;

namespace Commerce.Cli.Verify;

/// <summary>What an audit reads of an installation, of one process or of many. It reads only, and a running shop does not notice.</summary>
public abstract class Installation
{
    /// <summary>The installation in a folder, of either kind.</summary>
    public static Installation In(string data)
    {
        if (File.Exists(DataFolder.ConnectionsOf(data))) return ClusterInstallation.Read(data);
        return new EmbeddedInstallation(OneProcess(data));
    }

    /// <summary>The folder of a shop in one process.</summary>
    /// <exception cref="MissingException">It is no such folder.</exception>
    internal static string OneProcess(string data) =>
        File.Exists(DataFolder.JournalOf(data)) ? data : throw new MissingException($"{data} holds no shop; name the data folder of one with --data.");

    /// <summary>What analytics holds; null when there is none.</summary>
    public abstract Task<Fingerprint?> Projections();

    /// <summary>The payment provider's own books, by key.</summary>
    public abstract Task<IReadOnlyDictionary<string, LedgerOperation>> Ledger();

    /// <summary>All journals as they stand now.</summary>
    public abstract Task<Journals> OpenJournals();
}

/// <summary>
/// The journals of all services. Where they have no moment in common, the order journal's end was noted first (<see cref="OrdersBefore"/>), then the others were
/// opened, and the order journal last. So what an order had said before was already so in the others, and what the others say of an order was already said by it.
/// </summary>
public abstract class Journals : IAsyncDisposable
{
    /// <summary>Position where the order journal ended before any other journal was opened.</summary>
    public abstract long OrdersBefore { get; }

    /// <summary>Where a service's journal ends.</summary>
    public abstract FeedHead Head(string service);

    /// <summary>A service's events in the order of its log.</summary>
    public abstract IAsyncEnumerable<RecordedEvent> Events(string service);

    /// <summary>One stream's events, oldest first.</summary>
    public virtual IAsyncEnumerable<RecordedEvent> Stream(StreamName stream) => Events(stream.Service).Where(recorded => recorded.Stream == stream.Value);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A data folder: one file holds all journals, and one read transaction is one moment of them all.</summary>
public sealed class EmbeddedInstallation(string dataDir) : Installation
{
    /// <inheritdoc/>
    public override Task<Fingerprint?> Projections() => AnalyticsStore.ReadFingerprint(AnalyticsStorage.Sqlite(dataDir));

    /// <inheritdoc/>
    public override async Task<IReadOnlyDictionary<string, LedgerOperation>> Ledger()
    {
        if (await ProviderLedger.Read(dataDir) is { } theirs) return theirs;
        var path = DataFolder.ProviderOf(dataDir);
        var operations = File.Exists(path) ? SandboxLedger.Read(path) : [];
        return operations.ToDictionary(operation => operation.Key, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public override Task<Journals> OpenJournals() => Task.FromResult<Journals>(new OneFile(JournalFile.Open(dataDir)));

    private sealed class OneFile(JournalFile file) : Journals
    {
        public override long OrdersBefore => Head("order").Position;

        public override FeedHead Head(string service) => file.Head(service);

        public override IAsyncEnumerable<RecordedEvent> Events(string service) => file.Events(service).ToAsyncEnumerable();

        public override IAsyncEnumerable<RecordedEvent> Stream(StreamName stream) => file.Stream(stream).ToAsyncEnumerable();

        public override ValueTask DisposeAsync()
        {
            file.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
