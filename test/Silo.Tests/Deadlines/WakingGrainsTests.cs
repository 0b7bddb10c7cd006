using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Kit.Journal;
using Commerce.Silo.Deadlines;
using Commerce.Silo.Relay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.TestingHost;

namespace Commerce.Tests.Deadlines;

/// <summary>Scanner, waker, relay and feed in a real silo, over a journal in memory.</summary>
public sealed class WakingGrainsTests
{
    private static readonly StreamName Stock = new("inventory", "stock/t1/A/B@main");

    private static async Task<InProcessTestCluster> Deploy(MemoryJournal journal)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IJournal>(journal);
            silo.Services.TryAddSingleton(TimeProvider.System);
            silo.Services.AddMetrics().AddSingleton<OpenHolds>();
            silo.AddMemoryFeedStreams().AddRelays("inventory").AddDeadlines("inventory");
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    [Fact]
    public async Task A_hold_whose_time_has_passed_is_cleared_away_by_its_own_grain_and_the_feed_shows_it()
    {
        var journal = new MemoryJournal();
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        object[] history = [new StockAdjusted(5, "count"), new StockReserved(new OrderId("o-1"), 2, Term.Timed(past))];
        await journal.Append(new Append(Stock, Guid.Empty, 0,
            [.. history.Select(happened => new NewEvent(Guid.CreateVersion7(), EventTypes.NameOf(happened.GetType()), EventTypes.Write(happened)))],
            CommandKey.None, past, past, past, new Envelope("system", null, null)));
        var lapsed = journal.Handed(2);

        await using var cluster = await Deploy(journal);
        await lapsed.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        var feed = cluster.Client.Feed("inventory", 0);
        (await feed.Head()).ShouldBe(new FeedHead(3, journal.Epoch));
        (await feed.Read(2))!.Events.Single().Type.ShouldBe("stock.lapsed.v1");
        (await feed.Read(3)).ShouldBeNull();
    }

    [Fact]
    public async Task A_feed_that_is_none_of_ours_is_a_fault()
    {
        await using var cluster = await Deploy(new MemoryJournal());
        await Should.ThrowAsync<GrainFaultException>(() => cluster.Client.GetGrain<IFeedGrain>(GrainId.Create("feed-order", "weather")).Head());
    }
}
