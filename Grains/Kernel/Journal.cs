using Commerce.Feeds;

namespace Commerce.Kernel;

/// <summary>
/// One append-only journal per service: the storage, the outbox, the audit trail and the source of every read model. The contract below
/// is stated, sentence by sentence, by the journal's contract suite; every adapter passes it.
/// </summary>
public interface IJournal
{
    /// <summary>
    /// A stream's events since its last usable snapshot. A snapshot whose event is not in the journal is ignored. Waits for appends whose outcome
    /// is unknown, so that what it returns cannot change behind the reader's back.
    /// </summary>
    Task<StreamHistory> Load(StreamName stream);

    /// <summary>
    /// Appends all events or none. Appends of one stream commit in the order in which they were handed over, and several may be in flight; the
    /// hand-over itself never waits. The answer comes after the commit; <see cref="DependencyUnavailableException"/> says that nothing was appended.
    /// </summary>
    Task<AppendOutcome> Append(Append append);

    /// <summary>Whether an event is in the journal, once every append that might still bring it has ended.</summary>
    Task<bool> Holds(StreamName stream, Guid eventId);

    /// <summary>The digest of a command that made events in this stream; null when it made none.</summary>
    Task<string?> FindCommand(StreamName stream, string commandId);

    /// <summary>A stream's events after a version, oldest first.</summary>
    Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max);

    /// <summary>Keeps a snapshot of a durable version. It is a cache: a lost one costs time only.</summary>
    void SaveSnapshot(StreamName stream, Snapshot snapshot);

    /// <summary>
    /// A partition's events after a position, dense and in order. Safe to tail: nothing ever appears behind a position once read. A page without events says that the partition ended there at that
    /// moment; one with some may end before it did.
    /// </summary>
    Task<FeedPage> ReadFeed(string service, int partition, long after, int max);

    /// <summary>Where a partition ends.</summary>
    Task<FeedHead> Head(string service, int partition);

    /// <summary>Streams of a service whose deadline is at or before <paramref name="now"/>, earliest first.</summary>
    Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max);

    /// <summary>The earliest deadline of a service after <paramref name="now"/>; null when there is none.</summary>
    Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now);

    /// <summary>Completes when something has been appended to a service since this call was made, or when cancelled.</summary>
    Task Appended(string service, CancellationToken cancel);
}

/// <summary>A page of a feed.</summary>
/// <param name="Head">Where the partition ended, as far as was known when the page was read; its events are of that epoch.</param>
/// <param name="Events">The events, of positions that follow each other.</param>
public sealed record FeedPage(FeedHead Head, IReadOnlyList<RecordedEvent> Events);

/// <summary>A stream: an aggregate's history in its service's journal.</summary>
/// <param name="Service">Whose journal.</param>
/// <param name="Value">Kind and key: <c>stock/t1/85123A@main</c>.</param>
public readonly record struct StreamName(string Service, string Value)
{
    /// <summary>For people and logs: an old cart's key is its shopper's secret (ADR 0035) and left out.</summary>
    public override string ToString() => $"{Service}:{(HoldsSecret ? $"{Value[..Key]}…" : Value)}";

    private int Key => Value.LastIndexOf('/') + 1;

    private bool HoldsSecret => Value.StartsWith("cart/", StringComparison.Ordinal) && !new CartId(Value[Key..]).IsDigest();
}

/// <summary>An event about to be appended.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Storage name.</param>
/// <param name="Data">UTF-8 JSON.</param>
/// <param name="Event">What the data was written from, for who reads it in this process; null when only the data is known, which then may be anything.</param>
public readonly record struct NewEvent(Guid Id, string Type, byte[] Data, object? Event = null);

/// <summary>All that one decision appends.</summary>
/// <param name="Stream">Where.</param>
/// <param name="Expected">The event it follows: the fence. <see cref="Guid.Empty"/> for a new stream.</param>
/// <param name="ExpectedVersion">That event's version; 0 for a new stream.</param>
/// <param name="Events">At least one.</param>
/// <param name="Command">The command that decided it; unique per stream when given.</param>
/// <param name="OccurredAt">When it happened in the world.</param>
/// <param name="RecordedAt">Now.</param>
/// <param name="DueAt">The stream's deadline from now on; null for none.</param>
/// <param name="Envelope">Who and what led to it.</param>
public sealed record Append(
    StreamName Stream, Guid Expected, long ExpectedVersion, IReadOnlyList<NewEvent> Events, CommandKey Command,
    DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, DateTimeOffset? DueAt, Envelope Envelope);

/// <summary>Who and what led to an event.</summary>
/// <param name="Actor">Who.</param>
/// <param name="Correlation">The request from outside.</param>
/// <param name="TraceParent">W3C trace context.</param>
public readonly record struct Envelope(string Actor, string? Correlation, string? TraceParent);

/// <summary>How an append ended.</summary>
public enum AppendOutcome
{
    /// <summary>Durable.</summary>
    Committed,

    /// <summary>Not appended: the stream does not end where the decision thought. Everything queued behind it on the stream ends so, too.</summary>
    Conflict,

    /// <summary>Not appended: this command has made events before.</summary>
    Repeated,

    /// <summary>Nobody knows yet: the connection was lost around the commit. Ask <see cref="IJournal.Holds"/>.</summary>
    Unknown,
}

/// <summary>What <see cref="IJournal.Load"/> finds.</summary>
/// <param name="Snapshot">The last usable snapshot, if any.</param>
/// <param name="Events">All events after it.</param>
/// <param name="Commands">Commands of those events, oldest first, with their digests.</param>
public sealed record StreamHistory(Snapshot? Snapshot, IReadOnlyList<RecordedEvent> Events, IReadOnlyList<CommandKey> Commands);

/// <summary>A state kept to save time.</summary>
/// <param name="Version">The durable version it is of.</param>
/// <param name="LastEvent">That version's event id: without this event in the journal the snapshot is void.</param>
/// <param name="Format">Name of the state's shape; another shape's snapshot is not read.</param>
/// <param name="State">The state, UTF-8 JSON.</param>
public sealed record Snapshot(long Version, Guid LastEvent, string Format, byte[] State);

/// <summary>A stream with a deadline.</summary>
/// <param name="Stream">Which.</param>
/// <param name="DueAt">When.</param>
public readonly record struct DueStream(StreamName Stream, DateTimeOffset DueAt);
