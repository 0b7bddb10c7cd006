using Commerce.Kernel;
using Commerce.Servers;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The network fails around a commit: every append is answered, and rightly.</summary>
public sealed class PostgresOutcomeTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly StreamName Till = new("inventory", "stock/t1/TILL@main");

    private readonly Script _script = new(Till);
    private TcpProxy _proxy = null!;
    private ServiceDatabases _databases = null!;
    private PostgresJournal _journal = null!;
    private string _direct = "";

    public async ValueTask InitializeAsync()
    {
        _databases = await postgres.Journals(["inventory"], server => (_proxy = new TcpProxy(server)).Port);
        _direct = PostgresFixture.Through(_databases.ConnectionOf("inventory"), await postgres.Port());
        _journal = PostgresFixture.Open(_databases);
        (await _journal.Append(_script.Append())).ShouldBe(AppendOutcome.Committed);
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        await _databases.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_lost_after_the_commit_is_found_and_the_append_is_there_once()
    {
        _proxy.DropAnswers = true;
        var lost = _journal.Append(_script.Append("key-1"));
        await Until(async () => await Events() == 2);
        _proxy.DropAnswers = false;
        _proxy.Cut();
        (await lost).ShouldBe(AppendOutcome.Committed);
        (await _journal.Append(_script.Append("key-2"))).ShouldBe(AppendOutcome.Committed);
        (await _journal.ReadFeed("inventory", 0, 0, 10)).Events.Select(e => e.Version).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_request_lost_before_it_arrived_goes_again()
    {
        _proxy.Freeze();
        var lost = _journal.Append(_script.Append("key-1"));
        _proxy.Cut();
        (await lost).ShouldBe(AppendOutcome.Committed);
        (await _journal.ReadFeed("inventory", 0, 0, 10)).Events.Select(e => e.Version).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_connection_that_is_lost_again_on_the_second_try_is_answered_too()
    {
        var lost = 0;
        _journal.Lane("inventory").Faults = point =>
        {
            if (point == BatchPoint.Sending && ++lost <= 2) throw new IOException("cut");
        };
        await Should.ThrowAsync<DependencyUnavailableException>(
            () => _journal.Append(_script.Append("key-1")).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
        lost.ShouldBe(2);
        (await _journal.Head("inventory", 0)).Position.ShouldBe(1, "nothing was appended");
    }

    [Fact]
    public async Task A_commit_that_comes_after_its_connection_was_cut_is_waited_for()
    {
        // Somebody holds the head, so the append waits inside the server when its connection is cut.
        await using var holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_direct) { Pooling = false }.ToString());
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new NpgsqlCommand("select from log_head for update", holder)) await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var lost = _journal.Append(_script.Append("key-1"));
        await Until(async () => await Waiting() == 1);
        _proxy.Cut();
        await Until(async () => await Waiting() == 2);
        lost.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        (await lost).ShouldBe(AppendOutcome.Committed);
        (await _journal.ReadFeed("inventory", 0, 0, 10)).Events.Select(e => e.Version).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task While_the_server_cannot_be_reached_nothing_hangs_and_afterwards_the_outcome_is_known()
    {
        _proxy.DropAnswers = true;
        var append = _script.Append("key-1");
        var lost = _journal.Append(append);
        await Until(async () => await Events() == 2);
        (_proxy.Refuse, _proxy.DropAnswers) = (true, false);
        _proxy.Cut();
        (await lost).ShouldBe(AppendOutcome.Unknown);
        await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.Append(_script.Peek("key-2")));

        _proxy.Refuse = false;
        (await PostgresChaos.Holds(_journal, append)).ShouldBeTrue();
        (await _journal.Append(_script.Append("key-2"))).ShouldBe(AppendOutcome.Committed);
    }

    [Fact]
    public async Task A_server_that_falls_silent_becomes_an_error()
    {
        _proxy.HalfOpen = true;
        var append = _script.Append("key-1");
        (await _journal.Append(append)).ShouldBe(AppendOutcome.Unknown);
        var read = await Should.ThrowAsync<DependencyUnavailableException>(() => _journal.ReadFeed("inventory", 0, 0, 1));
        read.ToString().ShouldNotContain("127.0.0.1");

        _proxy.HalfOpen = false;
        (await PostgresChaos.Holds(_journal, append)).ShouldBeFalse();
    }

    private async Task<long> Events() => await Ask("select count(*) from events");

    private async Task<long> Waiting() =>
        await Ask("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");

    private async Task<long> Ask(string sql)
    {
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_direct) { Pooling = false }.ToString());
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task Until(Func<Task<bool>> met)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await met()) await Task.Delay(10, patience.Token);
    }
}
