using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>Whoever tails the log misses nothing, whatever happens to those who write it.</summary>
public sealed class PostgresPositionTests(PostgresFixture postgres)
{
    private const int Writers = 24, Each = 30, KillEvery = 40;

    [Fact]
    public async Task Two_readers_and_a_writer_miss_nothing_of_24_writers_in_three_silos_with_rollbacks_and_killed_backends()
    {
        await using var databases = await postgres.Journals(["inventory"]);
        var silos = Enumerable.Range(0, 3).Select(_ => PostgresFixture.Open(databases)).ToList();
        var readers = Enumerable.Range(0, 2).Select(_ => PostgresFixture.Open(databases)).ToList();
        var (admin, database) = (await postgres.Admin(), new NpgsqlConnectionStringBuilder(databases.ConnectionOf("inventory")).Database!);
        var tails = readers.Append(silos[0]).Select(reader => Tail(reader, Writers * Each)).ToList();
        var (committed, appended) = (new HashSet<Guid>(), 0);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async w =>
        {
            var (silo, script) = (silos[w % silos.Count], new Script(new StreamName("inventory", $"stock/t1/{w}@main")));
            for (var i = 0; i < Each; i++)
            {
                if (i % 5 == w % 5) await PostgresChaos.AppendAndRollBack(databases.Of("inventory"), new Script(new("inventory", $"stock/t1/gone-{w}-{i}")).Append(events: 2));
                var append = script.Append();
                await PostgresChaos.Insist(silo, append);
                lock (committed) committed.Add(append.Events[0].Id);
                var count = Interlocked.Increment(ref appended);
                if (count % KillEvery == 0) await PostgresChaos.KillBackend(admin, database, count / KillEvery);
            }
        }));

        foreach (var seen in await Task.WhenAll(tails))
        {
            seen.Select(e => e.Position).ShouldBe(Enumerable.Range(1, Writers * Each).Select(i => (long)i));
            seen.Select(e => e.Id).ToHashSet().SetEquals(committed).ShouldBeTrue();
            foreach (var stream in seen.GroupBy(e => e.Stream)) stream.Select(e => e.Version).ShouldBe(Enumerable.Range(1, Each).Select(i => (long)i));
        }

        (await PostgresChaos.Reads(() => readers[0].Head("inventory", 0))).Position.ShouldBe(Writers * Each);
        foreach (var journal in silos.Concat(readers)) await journal.DisposeAsync();
    }

    private static async Task<List<RecordedEvent>> Tail(PostgresJournal journal, int count)
    {
        var seen = new List<RecordedEvent>();
        while (seen.Count < count)
        {
            var more = journal.Appended("inventory", TestContext.Current.CancellationToken);
            var (_, read) = await PostgresChaos.Reads(() => journal.ReadFeed("inventory", 0, seen.Count, 64));
            seen.AddRange(read);
            if (read.Count == 0) await more.WaitAsync(TimeSpan.FromMinutes(2));
        }

        return seen;
    }
}
