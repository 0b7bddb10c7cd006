using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Orleans.Core.Internal;
using static Commerce.Carts.CartSamples;

namespace Commerce.Carts;

/// <summary>What the rules cannot show by themselves: two carts at once, deadlines, and what is durable.</summary>
public sealed class CartGrainTests : IAsyncLifetime
{
    private GrainCluster _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GrainCluster.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Fact]
    public async Task The_same_key_finds_the_cart_as_it_is_now_and_another_content_under_it_is_refused()
    {
        var cart = await Open(Id);
        await cart.Add(new("k", "one mug"), [New(Mug, 1, 2.55m)]);
        await cart.Add(CommandKey.None, [New(Jar, 1, 1m)]);

        var again = await cart.Add(new("k", "one mug"), [New(Mug, 1, 2.55m)]);
        (again.Repeated, again.Value.Lines.Length, again.Value.Total.Minor).ShouldBe((true, 2, 355));
        (await cart.Add(new("k", "two mugs"), [New(Mug, 2, 2.55m)])).Refusal!.Code.ShouldBe("idempotency-key-reused");
    }

    [Fact]
    public async Task A_cart_that_was_frozen_elsewhere_is_thawed()
    {
        var (cart, order) = (await Open(Id), OrderId.Derive(Id, 1));
        await cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);
        var stream = new StreamName("cart", $"cart/{Keys.Cart(Id)}");
        var last = _shop.Journal.Events(stream)[^1];
        await _shop.Journal.Append(new(
            stream, last.Id, last.Version, [new NewEvent(Guid.NewGuid(), EventTypes.NameOf(typeof(CartFrozen)), EventTypes.Write(new CartFrozen(order, "key", last.RecordedAt)))], CommandKey.None,
            last.RecordedAt, last.RecordedAt, null, new("system", null, null)));

        (await cart.Thaw(order)).Ok.ShouldBeTrue();

        _shop.Journal.Events(stream)[^1].Event.ShouldBeOfType<CartThawed>();
    }

    [Fact]
    public async Task Merging_moves_the_lines_once_however_often_it_is_asked_for()
    {
        var (cart, other) = (await Open(Id), await Open(Other));
        await cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);
        await other.Add(CommandKey.None, [New(Mug, 2, 2.55m), New(Jar, 1, 1m)]);

        for (var i = 0; i < 3; i++)
        {
            var merged = await cart.Merge(new($"m{i}", "merge"), Other);
            merged.Value.Lines.Select(l => l.Quantity).ShouldBe([3, 1]);
        }

        (await other.Get()).Refusal.ShouldNotBeNull().Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task A_merge_that_is_refused_leaves_the_other_cart_as_it_was()
    {
        var (cart, other) = (await Open(Id), await Open(Other));
        await cart.Add(CommandKey.None, [New(Mug, CartErrors.MaxQuantity, 0m)]);
        await other.Add(CommandKey.None, [New(Mug, 1, 0m)]);

        (await cart.Merge(CommandKey.None, Other)).Refusal!.Code.ShouldBe("validation-failed");
        (await other.Get()).Value.Lines.ShouldHaveSingleItem().Quantity.ShouldBe(1);
    }

    [Fact]
    public async Task A_merge_under_a_key_that_was_given_with_another_content_leaves_the_other_cart_as_it_was()
    {
        var (cart, other) = (await Open(Id), await Open(Other));
        await cart.Add(new("k", "one mug"), [New(Mug, 1, 2.55m)]);
        await other.Add(CommandKey.None, [New(Jar, 1, 1m)]);

        (await cart.Merge(new("k", "merge"), Other)).Refusal!.Code.ShouldBe("idempotency-key-reused");
        (await other.Get()).Value.Lines.ShouldHaveSingleItem().Sku.ShouldBe(Jar);
        (await cart.Merge(new("m", "merge"), Other)).Value.Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_cart_is_not_merged_into_itself()
    {
        var cart = await Open(Id);
        (await cart.Merge(CommandKey.None, Id)).Refusal!.Code.ShouldBe("validation-failed");
        (await cart.Get()).Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task Fifty_checkouts_at_once_with_fifty_keys_find_one_order()
    {
        var cart = await Open(Id);
        await cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);

        var frozen = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => cart.Freeze($"k{n}", null, None)));
        frozen.Select(f => f.Value.Order).Distinct().ShouldBe([Attempt(1)]);
    }

    [Fact]
    public async Task A_cart_whose_order_never_came_is_free_again_after_a_minute_under_the_same_key()
    {
        var cart = await Open(Id);
        await cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);
        await cart.Freeze("k1", null, None);

        (await Waker.Wake()).ShouldBeFalse();
        _shop.Time.Advance(CartTerms.PlaceWithin);
        await GrainCluster.Until(async () =>
        {
            await Waker.Wake();      // the scanner may have been first
            return (await cart.Get()).Value.Status == CartStatus.Open;
        });

        (await cart.Freeze("k1", null, None)).Value.Order.ShouldBe(Attempt(2));
    }

    [Fact]
    public async Task A_cart_that_changed_a_thousand_times_wakes_without_reading_all_of_it()
    {
        var cart = await Open(Id);
        await cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);
        for (var i = 2; i <= 600; i++) (await cart.SetQuantity(CommandKey.None, Mug.Value, i, null)).Ok.ShouldBeTrue();

        var history = await _shop.Journal.Load(new StreamName("cart", $"cart/{Keys.Cart(Id)}"));
        history.Snapshot.ShouldNotBeNull().Format.ShouldBe("cart.v1");
        history.Events.Count.ShouldBeLessThan(256);
        await cart.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        (await cart.Get()).Value.Lines.ShouldHaveSingleItem().Quantity.ShouldBe(600);
    }

    private IWakeable Waker => _shop.Grains.Aggregate<IWakeable>("cart", Keys.Cart(Id));

    private async Task<ICartGrain> Open(CartId id)
    {
        var cart = _shop.Grains.GetGrain<ICartGrain>(Keys.Cart(id));
        (await cart.Open(CommandKey.None, Currency.GBP, null)).Ok.ShouldBeTrue();
        return cart;
    }
}
