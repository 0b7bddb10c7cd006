using Commerce.Carts;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Kit.Journal;
using Commerce.Orders;
using Commerce.Silo.Composition;
using Commerce.Silo.Laboratories;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Commerce.Silo.Tests.Laboratories;

/// <summary>The broken build that answers first and writes later sells as the whole one does, until it is killed: else nothing it loses would ever be missed.</summary>
public sealed class HastyJournalTests
{
    [Fact]
    public async Task A_cart_is_opened_and_filled_before_anything_of_it_is_durable()
    {
        var journal = new MemoryJournal();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IJournal>(new HastyJournal(journal)).AddSingleton<ISealer>(new MemorySealer());
            silo.AddCommerceGrains();
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var cart = cluster.Client.Aggregate<ICartGrain>("cart", Keys.Cart(new("hasty")));

        (await cart.Open(CommandKey.None, Currency.GBP, null)).Ok.ShouldBeTrue();
        (await cart.Add(CommandKey.None, [new NewLine("1", new Sku("TEA"), "Tea", 1, new UnitPrice(1m, Currency.GBP), true)])).Value.Version.ShouldBe(2);

        await journal.Handed(2).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }
}
