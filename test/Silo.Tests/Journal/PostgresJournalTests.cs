using System.Diagnostics;
using System.Text;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>Databases that a class of tests shares; each test begins with empty ones.</summary>
public sealed class PostgresJournals(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] Services = ["inventory", "cart", "order"];

    public ServiceDatabases Databases { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Databases = await postgres.Journals(Services);

    public ValueTask DisposeAsync() => Databases.DisposeAsync();

    public async Task Empty()
    {
        foreach (var service in Services)
        {
            await using var empty = Databases.Of(service).CreateCommand("truncate append, stream_head, deadline, snapshot, abandoned_batch; update log_head set position = 0");
            await empty.ExecuteNonQueryAsync();
        }
    }
}

/// <summary>The PostgreSQL journal keeps every promise of the contract, and some of its own.</summary>
public sealed class PostgresJournalTests(PostgresJournals journals) : JournalContract, IClassFixture<PostgresJournals>, IAsyncLifetime
{
    private PostgresJournal _journal = null!;

    protected override IJournal Journal => _journal;

    private PostgresLane Lane => _journal.Lane("inventory");

    public async ValueTask InitializeAsync()
    {
        await journals.Empty();
        _journal = PostgresFixture.Open(journals.Databases);
    }

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    protected override void LoseSightOfTheNextCommit(bool isThere) => Lane.Faults = point =>
    {
        if (point == (isThere ? BatchPoint.Committed : BatchPoint.Sending) || point == BatchPoint.Reopening) throw Broken();
    };

    protected override void FindOut() => Lane.Faults = null;

    protected override async Task Plant(StreamName stream, Snapshot snapshot)
    {
        await using var plant = journals.Databases.Of(stream.Service).CreateCommand(
            "insert into snapshot select number, $2, $3, $4, $5 from stream_head where stream = $1");
        foreach (var value in new object[] { stream.Value, snapshot.Version, snapshot.LastEvent, snapshot.Format, snapshot.State })
            plant.Parameters.Add(new NpgsqlParameter { Value = value });
        (await plant.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    protected override Task DropSnapshots() => _journal.DropSnapshots("inventory");

    protected override Task SnapshotsKept() => _journal.SnapshotsKept("inventory");

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_connection_lost_around_a_commit_costs_nobody_an_answer(bool isThere)
    {
        var script = new Script(Till);
        await _journal.Append(script.Append());
        FailOnce(isThere ? BatchPoint.Committed : BatchPoint.Sending);
        (await _journal.Append(script.Append())).ShouldBe(AppendOutcome.Committed);
        (await _journal.ReadFeed("inventory", 0, 0, 10)).Events.Select(e => e.Version).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_silo_that_freezes_while_it_holds_the_log_s_head_does_not_stop_the_others()
    {
        var script = new Script(Till);
        await _journal.Append(script.Append());
        using var frozen = new ManualResetEventSlim();
        var holds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Lane.Faults = point =>
        {
            if (point == BatchPoint.Committed) throw Broken();
            if (point != BatchPoint.HoldingTheHead) return;
            holds.SetResult();
            frozen.Wait();
        };
        var lost = _journal.Append(script.Append());
        await holds.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        await using (var other = PostgresFixture.Open(journals.Databases))
        {
            var until = Stopwatch.StartNew();
            while (true)
            {
                try
                {
                    (await other.Append(new Script(Stock(7)).Append())).ShouldBe(AppendOutcome.Committed);
                    break;
                }
                catch (DependencyUnavailableException) when (until.Elapsed < TimeSpan.FromSeconds(60))
                {
                    // It waits for the head until the server ends the frozen one's transaction.
                }
            }
        }

        Lane.Faults = null;
        frozen.Set();
        (await lost).ShouldBe(AppendOutcome.Unknown);
        (await _journal.Append(script.Append())).ShouldBe(AppendOutcome.Committed);
    }

    [Fact]
    public async Task Histories_that_are_loaded_at_once_are_each_the_one_that_was_asked_for()
    {
        var streams = Enumerable.Range(1, 150).Select(Stock).ToArray();
        foreach (var (i, stream) in streams.Index())
        {
            var (script, last) = (new Script(stream), Guid.Empty);
            // Every seventh has no history.
            for (var n = 0; n < i % 7; n++)
            {
                var append = script.Append(key: $"{i}-{n}", events: 2);
                (await _journal.Append(append)).ShouldBe(AppendOutcome.Committed);
                if (n == 1) last = append.Events[0].Id;
            }

            // Of the third event; every other one is of another history.
            if (i % 7 > 1 && i % 3 == 0) await Plant(stream, new Snapshot(3, i % 2 == 0 ? last : Guid.NewGuid(), "test.v1", "{}"u8.ToArray()));
        }

        var together = await Task.WhenAll(streams.Select(_journal.Load));

        foreach (var (i, history) in together.Index())
        {
            var (appends, kept) = (i % 7, i % 7 > 1 && i % 6 == 0);
            history.Snapshot?.Version.ShouldBe(3);
            (history.Snapshot is not null).ShouldBe(kept);
            history.Events.Select(e => (e.Stream, e.Version)).ShouldBe(Enumerable.Range(kept ? 4 : 1, kept ? appends * 2 - 3 : appends * 2).Select(version => (streams[i].Value, (long)version)));
            history.Commands.Select(command => command.Id).ShouldBe(Enumerable.Range(0, appends).Skip(kept ? 2 : 0).Select(n => $"{i}-{n}"));
        }
    }

    [Fact]
    public async Task Connections_that_died_while_nobody_used_them_cost_none_of_those_who_load_an_answer()
    {
        await _journal.Append(new Script(Till).Append());
        (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _journal.ReadStream(Till, 0, 10)))).ShouldAllBe(events => events.Count == 1);
        await using (var end = journals.Databases.Of("order").CreateCommand("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'commerce-inventory' and state = 'idle' and query not like 'listen%'"))
            await end.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        (await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _journal.Load(Till)))).ShouldAllBe(history => history.Events.Count == 1);
    }

    [Fact]
    public async Task A_batch_that_was_given_up_is_turned_away_should_it_come_after_all()
    {
        await _journal.Append(new Script(Till).Append());
        var late = AppendBatch.New(TimeProvider.System);
        late.TryAdd(new PendingAppend(new Script(Stock(1)).Append())).ShouldBeTrue();
        await using var connection = await journals.Databases.Of("inventory").OpenConnectionAsync(TestContext.Current.CancellationToken);
        await late.Abandon(connection);

        await using var command = late.Appending(connection);
        (await Should.ThrowAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).MessageText.ShouldContain("given up");
        (await _journal.Head("inventory", 0)).Position.ShouldBe(1);
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
        var noJson = new Script(Stock(98)).Append();
        var broken = new[]
        {
            new Script(Till).Append() with { Envelope = new Envelope(null!, null, null) },
            new Script(new("inventory", "stock/t1/\0@main")).Append(),
            noJson with { Events = [noJson.Events[0] with { Data = "{"u8.ToArray() }] },
        };
        var good = Enumerable.Range(0, 10).Select(i => new Script(Stock(i)).Append());
        var answers = good.Take(5).Concat(broken).Concat(good.Skip(5)).Select(_journal.Append).ToList();

        foreach (var refused in answers.Slice(5, broken.Length)) await Should.ThrowAsync<DependencyUnavailableException>(() => refused);
        answers.RemoveRange(5, broken.Length);
        (await Task.WhenAll(answers)).ShouldAllBe(answer => answer == AppendOutcome.Committed);
        (await _journal.Head("inventory", 0)).Position.ShouldBe(10);
    }

    [Fact]
    public async Task A_batch_of_which_many_do_not_fit_appends_all_the_others()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _journal.Append(new Script(Stock(i)).Append($"key-{i}"))));
        var stale = Enumerable.Range(0, 10).Select(i => new Script(Stock(i)).Append());
        var repeated = Enumerable.Range(10, 10).Select(i =>
        {
            var script = new Script(Stock(i));
            script.Append($"key-{i}");
            return script.Append($"key-{i}");
        });
        var fresh = Enumerable.Range(20, 10).Select(i => new Script(Stock(i)).Append());

        var answers = await Task.WhenAll(stale.Concat(repeated).Concat(fresh).Select(_journal.Append));

        answers.Take(10).ShouldAllBe(answer => answer == AppendOutcome.Conflict);
        answers.Skip(20).ShouldAllBe(answer => answer == AppendOutcome.Committed);
        (await _journal.ReadFeed("inventory", 0, 0, 100)).Events.Select(e => e.Position).ShouldBe(Enumerable.Range(1, 30).Select(i => (long)i));
    }

    [Fact]
    public async Task A_page_may_begin_and_end_within_what_one_decision_appended()
    {
        var script = new Script(Till);
        for (var i = 0; i < 4; i++) await _journal.Append(script.Append(events: 5));
        await using var other = PostgresFixture.Open(journals.Databases);
        foreach (var reader in new[] { _journal, other }) (await reader.ReadFeed("inventory", 0, 3, 9)).Events.Select(e => e.Position).ShouldBe(Enumerable.Range(4, 9).Select(i => (long)i));
        (await _journal.ReadStream(Till, 7, 6)).Select(e => e.Version).ShouldBe(Enumerable.Range(8, 6).Select(i => (long)i));
        _journal.SaveSnapshot(Till, SnapshotAt(8, (await _journal.ReadStream(Till, 7, 1))[0].Id));
        await SnapshotsKept();
        (await _journal.Load(Till)).ShouldSatisfyAllConditions(
            h => h.Snapshot!.Version.ShouldBe(8), h => h.Events.Select(e => e.Version).ShouldBe(Enumerable.Range(9, 12).Select(i => (long)i)));
    }

    [Fact]
    public async Task Who_reads_all_of_it_reads_what_was_there_and_holds_nothing_up_meanwhile()
    {
        var script = new Script(Till);
        await Task.WhenAll(Enumerable.Range(0, 20_010).Select(_ => _journal.Append(script.Append())));
        await using var all = await JournalDatabase.Open("inventory", journals.Databases.ConnectionOf("inventory"));
        await _journal.Append(script.Append());

        await using (var transactions = journals.Databases.Of("inventory").CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and backend_xmin is not null"))
            (await transactions.ExecuteScalarAsync()).ShouldBe(0L);
        (await all.Events().Select(recorded => recorded.Position).ToListAsync()).ShouldBe(Enumerable.Range(1, 20_010).Select(i => (long)i));
        (await all.Stream(Till).Select(recorded => recorded.Version).ToListAsync()).ShouldBe(Enumerable.Range(1, 20_010).Select(i => (long)i));
    }

    [Fact]
    public async Task A_person_reads_the_events_in_a_view()
    {
        await _journal.Append(new Script(Till).Append("key-1", 2));
        await using var view = journals.Databases.Of("inventory").CreateCommand("select string_agg(position || ' ' || stream || ' ' || version || ' ' || type || ' ' || command_id, ', ') from events");
        (await view.ExecuteScalarAsync()).ShouldBe($"1 {Till.Value} 1 stock.adjusted.v1 key-1, 2 {Till.Value} 2 stock.adjusted.v1 key-1");
    }

    [Fact]
    public async Task Another_silo_is_told_of_an_append()
    {
        await using var other = PostgresFixture.Open(journals.Databases);
        await _journal.Append(new Script(Till).Append());

        // The first wait begins to listen, and ends because the journal is not empty any more.
        await other.Appended("inventory", TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2));
        var told = other.Appended("inventory", TestContext.Current.CancellationToken);
        await _journal.Append(new Script(Stock(1)).Append());
        await told.WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_silo_that_hears_of_no_other_sends_no_notifications_until_somebody_listens()
    {
        var (clock, script) = (new Ahead(), new Script(Till));
        await using var ear = await Ear.Listen(journals.Databases.ConnectionOf("inventory"));
        await using var silo = PostgresFixture.Open(journals.Databases, clock);
        _ = silo.Appended("inventory", TestContext.Current.CancellationToken);
        await ear.Hears(announcement: true);
        await silo.Append(script.Append());
        await ear.Hears(announcement: false);

        clock.By += TimeSpan.FromSeconds(16);
        for (var i = 0; i < 2; i++)
        {
            await silo.Append(script.Append());
            (await ear.Hears(announcement: true)).ShouldBe(0);
        }

        await using var other = PostgresFixture.Open(journals.Databases);
        await other.Appended("inventory", TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2));
        var taken = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++)
        {
            var told = other.Appended("inventory", TestContext.Current.CancellationToken);
            await silo.Append(script.Append());
            await told.WaitAsync(TimeSpan.FromMinutes(2));
        }

        // By looks alone it would be 5 s from each to the next.
        taken.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Who_hears_of_one_append_after_another_announces_itself_all_the_same()
    {
        var (clock, script) = (new Ahead(), new Script(Till));
        await using var ear = await Ear.Listen(journals.Databases.ConnectionOf("inventory"));
        await using var listener = PostgresFixture.Open(journals.Databases, clock);
        _ = listener.Appended("inventory", TestContext.Current.CancellationToken);
        await ear.Hears(announcement: true);
        var taken = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++)
        {
            clock.By += TimeSpan.FromSeconds(6);
            await _journal.Append(script.Append());
            await ear.Hears(announcement: true);
        }

        // One that waited for silence would do so for 5 s each time.
        taken.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task Two_silos_that_write_one_stream_cannot_both_follow_the_same_event()
    {
        await using var other = PostgresFixture.Open(journals.Databases);
        var answers = await Task.WhenAll(_journal.Append(new Script(Till).Append()), other.Append(new Script(Till).Append()));
        answers.Order().ShouldBe([AppendOutcome.Committed, AppendOutcome.Conflict]);
        (await _journal.Load(Till)).Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Another_epoch_is_another_history()
    {
        await _journal.Append(new Script(Till).Append());
        var epoch = (await _journal.Head("inventory", 0)).Epoch;
        var changed = await _journal.ChangeEpoch("inventory");
        changed.ShouldNotBe(epoch);
        (await _journal.Head("inventory", 0)).ShouldBe(new Commerce.Feeds.FeedHead(1, changed));
    }

    [Fact]
    public async Task What_the_writer_has_just_committed_is_read_from_memory_as_it_stands_in_the_database()
    {
        var (script, there) = (new Script(Till), new DateTimeOffset(2026, 3, 1, 13, 0, 0, 123, TimeSpan.FromHours(1)).AddTicks(4567));
        var ordered = script.Append("key-1", 2) with { OccurredAt = there.AddDays(-3), RecordedAt = there, Envelope = new Envelope("guest", "corr", "trace") };
        await Task.WhenAll(_journal.Append(ordered), _journal.Append(new Script(Stock(1)).Append()), _journal.Append(script.Append()));
        await using var other = PostgresFixture.Open(journals.Databases);
        for (var after = 0; after < 4; after++)
        {
            var (remembered, stored) = (await _journal.ReadFeed("inventory", 0, after, 2), await other.ReadFeed("inventory", 0, after, 2));
            remembered.Head.ShouldBe(stored.Head);
            remembered.Events.Select(e => e with { Data = NoData }).ShouldBe(stored.Events.Select(e => e with { Data = NoData }));
            remembered.Events.Select(e => Encoding.UTF8.GetString(e.Data)).ShouldBe(stored.Events.Select(e => Encoding.UTF8.GetString(e.Data)));
        }

        // Without the table only memory can tell.
        await Away(async () => (await _journal.ReadFeed("inventory", 0, 1, 10)).Events.Select(e => e.Position).ShouldBe([2, 3, 4]));
    }

    [Fact]
    public async Task Memory_does_not_say_that_there_is_nothing_more_and_keeps_no_gap()
    {
        await using var other = PostgresFixture.Open(journals.Databases);
        await _journal.Append(new Script(Till).Append());
        await other.Append(new Script(Stock(1)).Append());
        (await _journal.ReadFeed("inventory", 0, 1, 10)).Events.Select(e => e.Position).ShouldBe([2]);
        await _journal.Append(new Script(Stock(2)).Append());
        (await _journal.ReadFeed("inventory", 0, 0, 10)).Events.Select(e => e.Position).ShouldBe([1, 2, 3]);
        (await _journal.ReadFeed("inventory", 0, 1, 10)).Events.Select(e => e.Position).ShouldBe([2, 3]);
    }

    [Fact]
    public async Task A_commit_that_was_lost_sight_of_is_not_missing_from_what_memory_tells()
    {
        var script = new Script(Till);
        await _journal.Append(script.Append());
        FailOnce(BatchPoint.Committed);
        (await _journal.Append(script.Append())).ShouldBe(AppendOutcome.Committed);
        await _journal.Append(script.Append());
        for (var after = 0; after < 3; after++)
            (await _journal.ReadFeed("inventory", 0, after, 10)).Events.Select(e => e.Position).ShouldBe(Enumerable.Range(after + 1, 3 - after).Select(i => (long)i));
    }

    [Fact]
    public async Task What_memory_tells_ends_with_the_connection_it_came_over()
    {
        var script = new Script(Till);
        await _journal.Append(script.Append());
        Lane.Faults = _ => throw Broken();
        (await _journal.Append(script.Append())).ShouldBe(AppendOutcome.Unknown);
        await Away(() => Should.ThrowAsync<DependencyUnavailableException>(() => _journal.ReadFeed("inventory", 0, 0, 10)));
        Lane.Faults = null;
    }

    [Fact]
    public async Task Another_epoch_is_told_by_memory_too()
    {
        var script = new Script(Till);
        await _journal.Append(script.Append());
        await using var other = PostgresFixture.Open(journals.Databases);
        var changed = await other.ChangeEpoch("inventory");
        (await _journal.Head("inventory", 0)).Epoch.ShouldBe(changed);
        (await _journal.ReadFeed("inventory", 0, 0, 10)).Head.ShouldBe(new Commerce.Feeds.FeedHead(1, changed));
        await _journal.Append(script.Append());
        await Away(async () => (await _journal.ReadFeed("inventory", 0, 1, 10)).Head.ShouldBe(new Commerce.Feeds.FeedHead(2, changed)));
    }

    [Fact]
    public async Task A_service_without_a_database_here_is_away()
    {
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Append(new Script(new("payment", "payment/t1/1")).Append()));
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Load(new("payment", "payment/t1/1")));
    }

    [Fact]
    public async Task A_closed_journal_answers_that_it_is_away()
    {
        await Task.WhenAll(_journal.DisposeAsync().AsTask(), _journal.DisposeAsync().AsTask());
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Append(new Script(Till).Append()));
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Load(Till));
    }

    private async Task Away(Func<Task> meanwhile)
    {
        await using (var hide = journals.Databases.Of("inventory").CreateCommand("alter table append rename to hidden")) await hide.ExecuteNonQueryAsync();
        try
        {
            await meanwhile();
        }
        finally
        {
            await using var show = journals.Databases.Of("inventory").CreateCommand("alter table hidden rename to append");
            await show.ExecuteNonQueryAsync();
        }
    }

    private static readonly byte[] NoData = [];

    private static NpgsqlException Broken() => new("The connection is lost.", new IOException("told to"));

    private void FailOnce(BatchPoint where) => Lane.Faults = point =>
    {
        if (point != where) return;
        Lane.Faults = null;
        throw Broken();
    };

    /// <summary>The system's clock, and timers, of which the test says how far it has gone ahead.</summary>
    private sealed class Ahead : TimeProvider
    {
        private long _ticks;

        public TimeSpan By
        {
            get => new(Volatile.Read(ref _ticks));
            set => Volatile.Write(ref _ticks, value.Ticks);
        }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + By.Ticks;
    }

    /// <summary>Hears what silos notify, and says nothing.</summary>
    private sealed class Ear(NpgsqlConnection connection) : IAsyncDisposable
    {
        private readonly Queue<string> _heard = new();

        public static async Task<Ear> Listen(string database)
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ToString());
            var ear = new Ear(connection);
            connection.Notification += (_, said) => ear._heard.Enqueue(said.Payload);
            await connection.OpenAsync();
            await using var listen = new NpgsqlCommand("listen journal", connection);
            await listen.ExecuteNonQueryAsync();
            return ear;
        }

        /// <summary>Waits for an announcement or for word of an append; answers how many of the other kind came before.</summary>
        public async Task<int> Hears(bool announcement)
        {
            for (var others = 0; ; others++)
            {
                while (_heard.Count == 0) await connection.WaitAsync(TestContext.Current.CancellationToken);
                if (_heard.Dequeue().StartsWith("here ", StringComparison.Ordinal) == announcement) return others;
            }
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
