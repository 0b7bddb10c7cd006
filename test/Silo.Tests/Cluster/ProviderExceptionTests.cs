using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Kit.Cluster;

namespace Commerce.Silo.Tests.Cluster;

/// <summary>What a storage provider throws while a grain comes to life.</summary>
public sealed class ProviderExceptionTests
{
    // Unknown to every serializer, as a driver's own is.
    private sealed class DriverException() : Exception("no route to host db-7.example.internal:5432");

    /// <summary>Orleans #8201: an exception of the provider's own type did not reach the caller as what it was, but as a failure to serialize it.</summary>
    [Fact]
    public async Task Orleans8201_Provider_exception()
    {
        await using var shop = await GrainCluster.Start();
        var broken = true;
        shop.Journal.BeforeLoad = _ => broken ? throw new DriverException() : Task.CompletedTask;
        var stock = shop.Grains.Aggregate<IStockGrain>("stock", Keys.Stock(new Sku("A")));

        var fault = await Should.ThrowAsync<GrainFaultException>(() => stock.Get());

        fault.Message.ShouldContain(nameof(DriverException));
        fault.ToString().ShouldNotContain("db-7");
        broken = false;
        (await stock.Get()).OnHand.ShouldBe(0);
    }

    [Fact]
    public async Task A_journal_that_is_away_is_told_as_unavailable_by_a_grain_that_could_not_be_read()
    {
        await using var shop = await GrainCluster.Start();
        shop.Journal.Down = true;
        var stock = shop.Grains.Aggregate<IStockGrain>("stock", Keys.Stock(new Sku("A")));

        await Should.ThrowAsync<DependencyUnavailableException>(() => stock.Get());

        shop.Journal.Down = false;
        (await stock.Get()).OnHand.ShouldBe(0);
    }
}
