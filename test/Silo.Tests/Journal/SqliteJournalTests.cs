using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The SQLite journal keeps every promise of the contract, and some of its own.</summary>
public sealed class SqliteJournalTests : JournalContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private SqliteJournal _journal;

    public SqliteJournalTests() => _journal = Open(_folder["journal.db"]);

    protected override IJournal Journal => _journal;

    public void Dispose()
    {
        _journal.Dispose();
        _folder.Dispose();
    }

    protected override void LoseSightOfTheNextCommit(bool isThere) => _journal.Lane.Faults = point =>
    {
        if (point == (isThere ? LanePoint.Committed : LanePoint.Committing) || point == LanePoint.Reopening) throw IoError();
    };

    protected override void FindOut() => _journal.Lane.Faults = null;

    protected override Task Plant(StreamName stream, Snapshot snapshot) => _journal.Lane.Do(session =>
    {
        using var plant = session.Use("insert into snapshot select number, ?, ?, ?, ? from stream_head where stream = ?");
        plant.Bind(1, snapshot.Version).Bind(2, snapshot.LastEvent).Bind(3, snapshot.Format).Bind(4, snapshot.State).Bind(5, stream.Value).Run();
        return true;
    });

    protected override Task DropSnapshots() => _journal.DropSnapshots();

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_commit_that_failed_is_found_out_about_at_once_when_the_file_can_be_opened(bool isThere)
    {
        var script = new Script(Till);
        await _journal.Append(script.Append());
        FailOnce(isThere ? LanePoint.Committed : LanePoint.Committing);
        var append = script.Append();

        if (isThere) (await _journal.Append(append)).ShouldBe(AppendOutcome.Committed);
        else await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Append(append));
        (await _journal.Holds(Till, append.Events[0].Id)).ShouldBe(isThere);
    }

    [Fact]
    public async Task A_full_disk_fails_what_was_asked_and_hangs_nothing_and_is_over_when_it_is_over()
    {
        _journal.Lane.Faults = static point =>
        {
            if (point == LanePoint.Begun) throw new SqliteException("database or disk is full", SQLitePCL.raw.SQLITE_FULL);
        };
        var script = new Script(Till);
        foreach (var append in Enumerable.Range(0, 5).Select(_ => _journal.Append(script.Append())).ToList())
            await Should.ThrowAsync<DependencyUnavailableException>(() => append);

        (await _journal.Load(Till)).Events.ShouldBeEmpty();
        _journal.Lane.Faults = null;
        (await _journal.Append(new Script(Till).Append())).ShouldBe(AppendOutcome.Committed);
    }

    [Fact]
    public async Task While_nobody_knows_how_a_commit_ended_nothing_is_appended_and_nothing_hangs()
    {
        LoseSightOfTheNextCommit(isThere: true);
        var script = new Script(Till);
        (await _journal.Append(script.Append())).ShouldBe(AppendOutcome.Unknown);
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Append(script.Append()));
        var load = _journal.Load(Till);
        load.IsCompleted.ShouldBeFalse();
        FindOut();
        (await load).Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_append_that_cannot_be_written_takes_no_other_with_it()
    {
        var broken = new Script(Till).Append() with { Envelope = new Envelope(null!, null, null) };
        var good = Enumerable.Range(0, 10).Select(i => new Script(Stock(i)).Append());
        var answers = good.Take(5).Append(broken).Concat(good.Skip(5)).Select(_journal.Append).ToList();

        await Should.ThrowAsync<DependencyUnavailableException>(() => answers[5]);
        answers.RemoveAt(5);
        (await Task.WhenAll(answers)).ShouldAllBe(answer => answer == AppendOutcome.Committed);
        (await _journal.Head("inventory", 0)).Position.ShouldBe(10);
    }

    [Fact]
    public async Task Reopening_finds_everything_and_the_same_epoch()
    {
        var script = new Script(Till);
        await _journal.Append(script.Append("key-1"));
        var head = await _journal.Head("inventory", 0);
        _journal.Dispose();
        _journal = Open(_folder["journal.db"]);

        (await _journal.Head("inventory", 0)).ShouldBe(head);
        (await _journal.Append(script.Append("key-2"))).ShouldBe(AppendOutcome.Committed);
        (await _journal.Append(script.Append("key-1"))).ShouldBe(AppendOutcome.Repeated);
    }

    [Fact]
    public async Task A_process_killed_at_any_moment_has_lost_no_append_it_answered()
    {
        using var elsewhere = new TemporaryFolder();
        var answered = new List<Guid>[16];
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var total = 0;
        var writers = Enumerable.Range(0, 16).Select(async w =>
        {
            var script = new Script(Stock(w));
            var mine = answered[w] = [];
            for (var i = 0; i < 60; i++)
            {
                var append = script.Append(events: 2);
                (await _journal.Append(append)).ShouldBe(AppendOutcome.Committed);
                lock (mine) mine.AddRange(append.Events.Select(e => e.Id));
                if (Interlocked.Increment(ref total) == 300) enough.SetResult();
            }
        }).ToList();

        // The files as a kill leaves them: the database first, its write-ahead log after, cut off wherever the copy met it.
        await enough.Task;
        var promised = answered.SelectMany(mine => { lock (mine) return mine.ToArray(); }).ToList();
        CopyAsIs("journal.db", elsewhere);
        CopyAsIs("journal.db-wal", elsewhere);
        await Task.WhenAll(writers);

        using var found = Open(elsewhere["journal.db"]);
        var feed = (await found.ReadFeed("inventory", 0, 0, int.MaxValue)).Events;
        feed.Select(e => e.Id).ToHashSet().IsSupersetOf(promised).ShouldBeTrue();
        feed.Select(e => e.Position).ShouldBe(Enumerable.Range(1, feed.Count).Select(i => (long)i));
        (await found.Append(new Script(Till).Append())).ShouldBe(AppendOutcome.Committed);
    }

    [Fact]
    public async Task One_file_is_one_history_of_all_services()
    {
        await _journal.Append(new Script(Till).Append());
        (await _journal.Head("cart", 0)).Epoch.ShouldBe((await _journal.Head("inventory", 0)).Epoch);
    }

    [Fact]
    public async Task Another_epoch_is_another_history()
    {
        await _journal.Append(new Script(Till).Append());
        var epoch = (await _journal.Head("inventory", 0)).Epoch;
        _journal.Dispose();
        var changed = SqliteJournal.ChangeEpoch(_folder["journal.db"], TimeProvider.System);
        _journal = Open(_folder["journal.db"]);
        changed.ShouldNotBe(epoch);
        (await _journal.Head("inventory", 0)).ShouldBe(new Commerce.Feeds.FeedHead(1, changed));
    }

    [Fact]
    public async Task A_file_from_a_newer_version_is_refused_with_the_cure()
    {
        await _journal.Lane.Do(static session =>
        {
            session.Run("update file set schema = 999");
            return true;
        });
        _journal.Dispose();
        Should.Throw<DataFolderException>(() => Open(_folder["journal.db"])).Message.ShouldContain("start that version");
    }

    [Fact]
    public void A_damaged_file_is_refused_with_the_cure()
    {
        File.WriteAllText(_folder["damaged.db"], new string('x', 8192));
        Should.Throw<DataFolderException>(() => Open(_folder["damaged.db"])).Message.ShouldContain("restore the data folder from a backup");
    }

    [Fact]
    public async Task A_closed_journal_answers_that_it_is_away()
    {
        _journal.Dispose();
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Append(new Script(Till).Append()));
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Load(Till));
    }

    internal static SqliteJournal Open(string path) => SqliteJournal.Open(path, TimeProvider.System, NullLogger<SqliteJournal>.Instance);

    private static SqliteException IoError() => new("disk I/O error", SQLitePCL.raw.SQLITE_IOERR);

    private void FailOnce(LanePoint where) => _journal.Lane.Faults = point =>
    {
        if (point != where) return;
        _journal.Lane.Faults = null;
        throw IoError();
    };

    private void CopyAsIs(string file, TemporaryFolder to)
    {
        using var from = new FileStream(_folder[file], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = File.Create(to[file]);
        from.CopyTo(copy);
    }
}
