using System.Globalization;
using Commerce.Kernel;
using Commerce.Silo.Deadlines;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Commerce.Silo.Tests.Deadlines;

/// <summary>A hundred thousand deadlines in PostgreSQL, and the scanner over them.</summary>
public sealed class PendingDeadlinesTests(PostgresFixture postgres, ITestOutputHelper output)
{
    private const int Pending = 100_000;

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_thousand_pending_deadlines_cost_nothing_while_they_wait_and_each_is_woken_at_its_second()
    {
        var databases = await postgres.Journals(["order"]);
        var connection = databases.ConnectionOf("order");
        await PostgresFixture.Run(connection, $"""
            insert into stream_head (number, stream, version, last_event, due_at)
            select n, 'order/t1/' || n, 1, gen_random_uuid(), timestamptz '{Now:O}' + interval '1 hour' + n * interval '1 second' from generate_series(1, {Pending}) n;
            insert into deadline (due_at, stream) select due_at, number from stream_head;
            """);
        await PostgresFixture.Run(connection, "vacuum analyze");
        // Each of its reads has a connection of its own: what a backend has counted is seen by others when it ends.
        await using var apart = new ServiceDatabases(new Dictionary<string, string> { ["order"] = connection + ";Pooling=false" });
        await using var journal = PostgresFixture.Open(apart);
        var time = new FakeTimeProvider(Now);
        var waker = new Notes();
        using var scanner = new DeadlineScanner("order", journal, waker, time, NullLogger<DeadlineScanner>.Instance);
        var before = await RowsRead(connection);
        await scanner.StartAsync(Cancel);

        // Ten minutes of looking.
        for (var second = 0; second < 600; second += 10)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(2, Cancel);
        }

        var read = await RowsRead(connection) - before;
        output.WriteLine($"{read} rows read in ten minutes beside {Pending} pending deadlines");
        waker.Woken.ShouldBe(0);
        // A look reads no more than the deadline that comes next.
        read.ShouldBeInRange(1, 1_000);

        time.Advance(Now.AddHours(1).AddSeconds(3) - time.GetUtcNow());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (waker.Woken < 3) await Task.Delay(5, patience.Token);
        waker.Woken.ShouldBe(3);
        await scanner.StopAsync(Cancel);
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
