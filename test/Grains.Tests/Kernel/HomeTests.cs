using System.Reflection;
using Commerce.Catalog;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Orders;
using Commerce.ServiceDefaults.Shards;

namespace Commerce.Grains.Tests.Kernel;

/// <summary>Each grain with a history has one home, which every silo computes by itself (ADR 0038).</summary>
public sealed class HomeTests
{
    private static readonly Money Price = new(100, Currency.GBP);

    [Fact]
    public void All_kinds_with_a_history_are_found_by_the_map_but_the_one_that_works_unasked() =>
        typeof(OrderNumberLine).Assembly.GetTypes().Where(IsAggregate).Select(grain => grain.GetCustomAttribute<GrainTypeAttribute>()!.GetGrainType(null!, null!).ToString())
            .ShouldBe(ShardMap.Kinds.Append("settlement"), ignoreOrder: true);

    [Fact]
    public async Task A_grain_lives_where_all_silos_say_and_nowhere_else()
    {
        await using var shop = await GrainCluster.Start(silos: 3);
        foreach (var product in Products(shop))
        {
            await product.Create(CommandKey.None, "first", "", Price);
            (await shop.PlacesOf(product)).ShouldBe(shop.HomesOf(product));
        }
    }

    [Fact]
    public async Task What_another_silo_wrote_while_a_grain_was_at_home_there_is_seen_when_it_is_back()
    {
        await using var shop = await GrainCluster.Start(silos: 2);
        var before = new Dictionary<IProductGrain, SiloAddress>();
        foreach (var product in Products(shop))
        {
            await product.Create(CommandKey.None, "first", "", Price);
            before[product] = shop.HomesOf(product).Single();
        }

        await shop.AddOneSilo();
        before.Count(one => shop.HomesOf(one.Key).Single() != one.Value).ShouldBeInRange(1, before.Count - 1);
        foreach (var product in before.Keys)
        {
            (await product.Revise(CommandKey.None, 3, "second", "")).Value.Title.ShouldBe("second");
            (await shop.PlacesOf(product)).ShouldContain(shop.HomesOf(product).Single());
        }

        shop.Time.Advance(TimeSpan.FromSeconds(1));
        await shop.StopOneSilo();
        foreach (var (product, home) in before)
        {
            shop.HomesOf(product).ShouldBe([home]);
            (await GrainCluster.Eventually(product.Get, static _ => true)).Value.Title.ShouldBe("second");
        }
    }

    [Fact]
    public async Task A_grain_that_has_moved_leaves_when_it_is_asked_where_it_was()
    {
        var ownership = new Lost();
        await using var shop = await GrainCluster.Start(silos: 1, ownership: ownership);
        var product = Products(shop).First();
        await product.Create(CommandKey.None, "first", "", Price);
        var loads = shop.Journal.Loads;
        await product.Get();
        shop.Journal.Loads.ShouldBe(loads);

        (ownership.Held, var activations) = (false, shop.Journal.Loads);
        shop.Time.Advance(TimeSpan.FromSeconds(1));
        (await product.Get()).Value.Title.ShouldBe("first");
        await GrainCluster.Until(async () => (await product.Get()).Ok && shop.Journal.Loads > activations + 1);
    }

    private static bool IsAggregate(Type type) =>
        !type.IsAbstract && type.BaseType is { IsGenericType: true } parent && parent.GetGenericTypeDefinition() == typeof(AggregateGrain<,>);

    private static IEnumerable<IProductGrain> Products(GrainCluster shop) =>
        Enumerable.Range(0, 20).Select(i => shop.Grains.GetGrain<IProductGrain>(Keys.Product(new($"HOME-{i}"))));

    private sealed class Lost : IOwnership
    {
        public bool Held { get; set; } = true;

        public long Version => 1;

        public bool IsHeldSince(GrainId grain, long version) => Held;
    }
}
