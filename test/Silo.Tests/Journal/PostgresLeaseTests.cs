using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Silo.Journal.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Journal;

/// <summary>Who may relay, and how far it came; whoever only thinks that he may does no harm.</summary>
public sealed class PostgresLeaseTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(10);

    private ServiceDatabases _databases = null!;
    private PostgresLeases _leases = null!;

    public async ValueTask InitializeAsync()
    {
        _databases = await postgres.Journals(["order"]);
        _leases = new PostgresLeases(_databases, NullLogger<PostgresLeases>.Instance);
    }

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Fact]
    public async Task One_of_many_who_ask_at_once_gets_it()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => _leases.Acquire("order", "relay", $"silo-{i}", Noon, Term)));
        answers.Where(lease => lease is not null).ShouldHaveSingleItem()!.Epoch.ShouldBe(1);
    }

    [Fact]
    public async Task It_passes_on_when_its_time_is_over_and_the_epoch_rises()
    {
        var first = (await Acquire("a", Noon)).ShouldNotBeNull();
        (await Acquire("b", Noon.AddSeconds(9))).ShouldBeNull();
        var second = (await Acquire("b", Noon.AddSeconds(10))).ShouldNotBeNull();
        second.Epoch.ShouldBe(first.Epoch + 1);
        (await _leases.Renew(first, Noon.AddSeconds(11), Term)).ShouldBeNull();
    }

    [Fact]
    public async Task Renewed_it_is_held_longer_in_the_same_epoch()
    {
        var lease = (await Acquire("a", Noon)).ShouldNotBeNull();
        var renewed = (await _leases.Renew(lease, Noon.AddSeconds(8), Term)).ShouldNotBeNull();
        renewed.ShouldBe(lease with { Until = Noon.AddSeconds(18) });
        (await Acquire("b", Noon.AddSeconds(17))).ShouldBeNull();
        (await Acquire("b", Noon.AddSeconds(18))).ShouldNotBeNull();
    }

    [Fact]
    public async Task Released_it_is_free_at_once_and_nobody_elses_can_be_released()
    {
        var first = (await Acquire("a", Noon)).ShouldNotBeNull();
        await _leases.Release(first);
        var second = (await Acquire("b", Noon)).ShouldNotBeNull();
        await _leases.Release(first);
        (await Acquire("c", Noon)).ShouldBeNull();
        (await _leases.Renew(second, Noon, Term)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Leases_of_different_names_have_nothing_to_do_with_each_other()
    {
        (await Acquire("a", Noon)).ShouldNotBeNull();
        (await _leases.Acquire("order", "deadlines", "b", Noon, Term)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_cursor_begins_at_nothing_and_only_rises()
    {
        var cursor = Cursor((await Acquire("a", Noon)).ShouldNotBeNull());
        (await cursor.Load("order", 0)).ShouldBe(0);
        await cursor.Store(await Run(7));
        await cursor.Store(await Run(5));
        (await cursor.Load("order", 0)).ShouldBe(7);
    }

    [Fact]
    public async Task Who_lost_the_lease_moves_nothing_and_is_told()
    {
        var zombie = Cursor((await Acquire("a", Noon)).ShouldNotBeNull());
        await zombie.Store(await Run(3));
        var holder = Cursor((await Acquire("b", Noon.AddSeconds(10))).ShouldNotBeNull());
        (await holder.Load("order", 0)).ShouldBe(3);

        // Even before the new holder has written anything.
        await Should.ThrowAsync<LeaseLostException>(async () => await zombie.Store(await Run(100)));
        (await holder.Load("order", 0)).ShouldBe(3);
        await holder.Store(await Run(4));
        await Should.ThrowAsync<LeaseLostException>(async () => await zombie.Store(await Run(100)));
        (await holder.Load("order", 0)).ShouldBe(4);
    }

    [Fact]
    public async Task What_was_published_of_an_epoch_that_the_journal_has_left_moves_no_cursor()
    {
        var cursor = Cursor((await Acquire("a", Noon)).ShouldNotBeNull());
        await cursor.Store(await Run(3));
        var lost = await Run(100);
        await using (var journal = PostgresFixture.Open(_databases)) await journal.ChangeEpoch("order");
        await cursor.Store(lost);
        (await cursor.Load("order", 0)).ShouldBe(3);
        await cursor.Store(await Run(4));
        (await cursor.Load("order", 0)).ShouldBe(4);
    }

    [Fact]
    public async Task Without_its_database_it_is_away() =>
        await Should.ThrowAsync<DependencyUnavailableException>(() => _leases.Acquire("cart", "relay", "a", Noon, Term));

    private Task<Lease?> Acquire(string holder, DateTimeOffset now) => _leases.Acquire("order", "relay", holder, now, Term);

    // A run that ends there, of the epoch that is now.
    private async Task<FeedBatch> Run(long last)
    {
        await using var journal = PostgresFixture.Open(_databases);
        return new FeedBatch("order", 0, (await journal.Head("order", 0)).Epoch,
            [new RecordedEvent("order", 0, last, Guid.Empty, "order/t1/x", last, "order.cancelled.v1", default, default, "system", null, null, null, [])]);
    }

    private PostgresRelayCursor Cursor(Lease lease) => new(_databases, lease, NullLogger<PostgresRelayCursor>.Instance);
}
