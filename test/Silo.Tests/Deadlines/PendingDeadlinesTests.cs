using System.Globalization;
using Commerce.Kernel;
using Commerce.Silo.Deadlines;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Tests.Journal;
using Commerce.Tests.Relay;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Commerce.Silo.Tests.Deadlines;

/// <summary>A hundred thousand deadlines in PostgreSQL, and the scanner over them.</summary>
public sealed class PendingDeadlinesTests(PostgresFixture postgres, ITestOutputHelper output)
{
    private const int Pending = 100_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_thousand_pending_deadlines_cost_nothing_while_they_wait_and_each_is_woken_at_its_second()
    {
        var clock = new WatchedClock();
        var began = clock.GetUtcNow();
        var databases = await postgres.Journals(["order"]);
        var connection = databases.ConnectionOf("order");
        await PostgresFixture.Run(connection, $"""
            insert into stream_head (number, stream, version, last_event, due_at)
            select n, 'order/t1/' || n, 1, gen_random_uuid(), timestamptz '{began:O}' + interval '1 hour' + n * interval '1 second' from generate_series(1, {Pending}) n;
            insert into deadline (due_at, stream) select due_at, number from stream_head;
            """);
        await PostgresFixture.Run(connection, "vacuum analyze");
        // Each of its reads has a connection of its own: what a backend has counted is seen by others when it ends.
        await using var apart = new ServiceDatabases(new Dictionary<string, string> { ["order"] = connection + ";Pooling=false" });
        await using var journal = PostgresFixture.Open(apart);
        var waker = new Notes();
        using var scanner = new DeadlineScanner("order", journal, waker, clock, NullLogger<DeadlineScanner>.Instance);
        var before = await RowsRead(connection);
        await scanner.StartAsync(Cancel);

        // Ten minutes of looking, on a machine as slow as it may be.
        const int looks = 10;
        for (var look = 0; look < looks; look++) clock.Advance(await Sleep(clock));
        await Sleep(clock);

        // What a backend has read is counted when it has ended, which is after its client has gone.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        long read;
        while ((read = await RowsRead(connection) - before) < looks) await Task.Delay(20, patience.Token);
        output.WriteLine($"{read} rows read in ten minutes beside {Pending} pending deadlines");
        waker.Woken.ShouldBe(0);
        // A look reads no more than the deadline that comes next.
        read.ShouldBeInRange(looks, 1_000);

        clock.Advance(began.AddHours(1).AddSeconds(3) - clock.GetUtcNow());
        while (waker.Woken < 3) await Task.Delay(5, patience.Token);
        waker.Woken.ShouldBe(3);
        await scanner.StopAsync(Cancel);
    }

    private static async Task<TimeSpan> Sleep(WatchedClock clock)
    {
        var sleep = await clock.NextSleep();
        sleep.ShouldBe(DeadlineScanner.LongestSleep);
        return sleep;
    }

    private static async Task<long> RowsRead(string connection)
    {
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync(Cancel);
        await using var read = new NpgsqlCommand("""
            select (select sum(seq_tup_read) from pg_stat_user_tables where relname in ('deadline', 'stream_head'))
                 + (select sum(idx_tup_read) from pg_stat_user_indexes where relname in ('deadline', 'stream_head'))
            """, open);
        return Convert.ToInt64(await read.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture);
    }

    // A stream that was woken has dealt with its deadline as far as the scanner can see: it is held back for a while.
    private sealed class Notes : IStreamWaker
    {
        private int _woken;

        public int Woken => Volatile.Read(ref _woken);

        public Task<bool> Wake(StreamName stream)
        {
            Interlocked.Increment(ref _woken);
            return Task.FromResult(true);
        }
    }
}
