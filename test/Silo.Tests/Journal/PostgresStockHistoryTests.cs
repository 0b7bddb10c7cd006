using System.Globalization;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Linearizability;
using Commerce.Silo.Journal.Postgres;
using Npgsql;

namespace Commerce.Silo.Tests.Journal;

/// <summary>
/// Clients of two silos fight over the stock of one SKU. Each decides by the real rules on what it loaded, as a fresh activation does; backends are ended
/// meanwhile. What they were told must be what one stock, asked by one after the other, could have said.
/// </summary>
public sealed class PostgresStockHistoryTests(PostgresFixture postgres)
{
    private const int Clients = 8, Each = 10, KillEvery = 20;

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_clients_of_two_silos_are_told_is_what_one_stock_could_have_said()
    {
        await using var databases = await postgres.Journals(["inventory"]);
        var (admin, database) = (await postgres.Admin(), new NpgsqlConnectionStringBuilder(databases.ConnectionOf("inventory")).Database!);
        await using var first = PostgresFixture.Open(databases);
        await using var second = PostgresFixture.Open(databases);
        var stream = new StreamName("inventory", "stock/t1/HOT@main");
        var (clock, history) = (0L, new List<Operation<Ask, Told>>());

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var silo = client % 2 == 0 ? first : second;
            for (var i = 0; i < Each; i++)
            {
                // Mostly people who want some; now and then a delivery.
                var ask = new Ask($"{client:x8}{i:x8}0000000000000000-1", i % 4 == client % 4 ? 5 : -1 - (i % 3));
                var invoked = Interlocked.Increment(ref clock);
                var told = await Tell(silo, stream, ask);
                var operation = new Operation<Ask, Told>(ask, told, invoked, Interlocked.Increment(ref clock));
                int count;
                lock (history)
                {
                    history.Add(operation);
                    count = history.Count;
                }

                if (count % KillEvery == 0) await PostgresChaos.KillBackend(admin, database, count / KillEvery);
            }
        }));

        history.Count.ShouldBe(Clients * Each);
        history.Select(operation => operation.Output!.Done).Distinct().Count().ShouldBe(2, "some were refused and some were not, or nothing was shown");
        WingGong.IsLinearizable(history, 0, Sequential).ShouldBeTrue(string.Join('\n', history.OrderBy(o => o.Invoked)));

        // The twin: the same history with one answer taken twice is not.
        var twice = history.Last(operation => operation.Output!.Done && operation.Input.Units < 0);
        WingGong.IsLinearizable([.. history, twice with { Invoked = clock + 1, Returned = clock + 2, Output = twice.Output! with { Available = 1_000 } }], 0, Sequential).ShouldBeFalse();
    }

    // One stock of which only the sum matters: every order here is another cart's, and nothing lapses.
    private static (int Next, Told Output) Sequential(int available, Ask ask)
    {
        var after = available + ask.Units;
        return after < 0 ? (available, new Told(false, available)) : (after, new Told(true, after));
    }

    private static async Task<Told> Tell(PostgresJournal journal, StreamName stream, Ask ask)
    {
        var order = new OrderId(ask.Order);
        while (true)
        {
            var loaded = await PostgresChaos.Reads(() => journal.Load(stream));
            var before = loaded.Events.Aggregate(Stock.Empty, (stock, recorded) => stock.Evolve((StockEvent)recorded.Event));
            var decided = ask.Units > 0 ? before.Adjust(ask.Units, "delivery", null, Noon) : before.Reserve(order, -ask.Units, Term.Owned, Noon);
            if (!decided.Ok) return new Told(false, before.Available(Noon));

            var (last, version) = loaded.Events is [.., var tail] ? (tail.Id, tail.Version) : (Guid.Empty, 0);
            var events = decided.Value.Items.Select(e => new NewEvent(Guid.CreateVersion7(), EventTypes.NameOf(e.GetType()), EventTypes.Write(e))).ToArray();
            var append = new Append(stream, last, version, events, CommandKey.None, Noon, Noon, null, new Envelope("guest", null, null));
            if (await Appended(journal, append)) return new Told(true, decided.Value.Items.Aggregate(before, (stock, e) => stock.Evolve(e)).Available(Noon));
        }
    }

    private static async Task<bool> Appended(PostgresJournal journal, Append append)
    {
        try
        {
            var outcome = await journal.Append(append);
            return outcome == AppendOutcome.Committed || (outcome == AppendOutcome.Unknown && await PostgresChaos.Holds(journal, append));
        }
        catch (DependencyUnavailableException)
        {
            // Nothing was appended: decide anew.
            return false;
        }
    }

    private sealed record Ask(string Order, int Units)
    {
        public override string ToString() => Units.ToString("+0;-0", CultureInfo.InvariantCulture);
    }

    private sealed record Told(bool Done, int Available);
}
