using Commerce.Kernel;
using Commerce.Kit.Journal;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The journal that other tests use keeps the same promises.</summary>
public sealed class MemoryJournalTests : JournalContract
{
    private readonly MemoryJournal _journal = new();

    protected override IJournal Journal => _journal;

    protected override void LoseSightOfTheNextCommit(bool isThere) => _journal.Next(isThere ? Fault.UnknownButThere : Fault.UnknownAndLost);

    protected override void FindOut() { }

    protected override Task Plant(StreamName stream, Snapshot snapshot)
    {
        _journal.Plant(stream, snapshot);
        return Task.CompletedTask;
    }

    protected override Task DropSnapshots()
    {
        _journal.DropSnapshots();
        return Task.CompletedTask;
    }
}
