using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Silo.Laboratories;

/// <summary>A journal without its fence: whoever lost a race appends all the same, behind events its decision never saw.</summary>
/// <param name="journal">The one with a fence.</param>
/// <param name="broke">Called with each stream that was appended to by who had lost the race.</param>
internal sealed class UnfencedJournal(IJournal journal, Action<StreamName> broke) : BrokenJournal(journal)
{
    public override async Task<AppendOutcome> Append(Append append)
    {
        for (var lost = false; ; lost = true)
        {
            var outcome = await Journal.Append(append);
            if (lost && outcome == AppendOutcome.Committed) broke(append.Stream);
            if (outcome != AppendOutcome.Conflict || (await Journal.ReadStream(append.Stream, 0, int.MaxValue)) is not [.., var last]) return outcome;
            append = append with { Expected = last.Id, ExpectedVersion = last.Version };
        }
    }
}

/// <summary>A journal that breaks one promise and keeps the others.</summary>
internal abstract class BrokenJournal(IJournal journal) : IJournal
{
    protected IJournal Journal => journal;

    public abstract Task<AppendOutcome> Append(Append append);

    public Task<StreamHistory> Load(StreamName stream) => journal.Load(stream);

    public Task<bool> Holds(StreamName stream, Guid eventId) => journal.Holds(stream, eventId);

    public Task<string?> FindCommand(StreamName stream, string commandId) => journal.FindCommand(stream, commandId);

    public Task<IReadOnlyList<RecordedEvent>> ReadStream(StreamName stream, long after, int max) => journal.ReadStream(stream, after, max);

    public void SaveSnapshot(StreamName stream, Snapshot snapshot) => journal.SaveSnapshot(stream, snapshot);

    public Task<FeedPage> ReadFeed(string service, int partition, long after, int max) => journal.ReadFeed(service, partition, after, max);

    public Task<FeedHead> Head(string service, int partition) => journal.Head(service, partition);

    public Task<IReadOnlyList<DueStream>> Due(string service, DateTimeOffset now, int max) => journal.Due(service, now, max);

    public Task<DateTimeOffset?> NextDue(string service, DateTimeOffset now) => journal.NextDue(service, now);

    public Task Appended(string service, CancellationToken cancel) => journal.Appended(service, cancel);
}
