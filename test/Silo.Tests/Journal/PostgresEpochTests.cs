using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Kit.Servers;
using Commerce.Silo.Journal.Postgres;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The epoch is another one whenever another server may have taken over.</summary>
public sealed class PostgresEpochTests
{
    private static readonly StreamName Tea = new("inventory", "stock/t1/tea@main");

    [Fact]
    public async Task It_names_the_timeline_and_changes_when_a_server_is_promoted_and_not_when_it_starts_again()
    {
        await using var server = await PostgresServer.Start();
        await PostgresFixture.Run(server.ConnectionString(), "create database journal");
        PostgresMigrations.Journal(server.ConnectionString("journal"));
        await using var databases = new ServiceDatabases(new Dictionary<string, string> { ["inventory"] = server.ConnectionString("journal") });
        await using var journal = PostgresFixture.Open(databases);
        var script = new Script(Tea);
        (await journal.Append(script.Append(events: 3))).ShouldBe(AppendOutcome.Committed);
        var before = await journal.Head("inventory", 0);
        before.Epoch.ShouldEndWith("-00000001");
        (await journal.ReadFeed("inventory", 0, 0, 10)).Head.ShouldBe(before);

        await server.Kill();
        await server.Restart();
        (await PostgresChaos.Reads(() => journal.Head("inventory", 0))).ShouldBe(before);

        await server.Promote();
        var after = await PostgresChaos.Reads(() => journal.Head("inventory", 0));
        after.ShouldBe(new FeedHead(3, before.Epoch.Replace("-00000001", "-00000002", StringComparison.Ordinal)));
        // Nobody has appended yet, so the writer's connection has not noticed.
        (await journal.ReadFeed("inventory", 0, 2, 10)).Head.ShouldBe(after);
        await PostgresChaos.Insist(journal, script.Append());
        var page = await PostgresChaos.Reads(() => journal.ReadFeed("inventory", 0, 2, 10));
        (page.Head, page.Events.Count).ShouldBe((after with { Position = 4 }, 2));
    }
}
