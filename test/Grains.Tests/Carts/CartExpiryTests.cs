using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Kit.Journal;
using Commerce.Silo.Composition;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using static Commerce.Carts.CartSamples;

namespace Commerce.Carts;

/// <summary>A month passes at once here: a clock that only tells the time, and no timers that would each tick through it.</summary>
public sealed class CartExpiryTests
{
    [Fact]
    public async Task A_cart_nobody_came_back_to_expires_a_month_after_its_last_change()
    {
        var clock = new Calendar();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IJournal>(new MemoryJournal()).AddSingleton<TimeProvider>(clock).AddSingleton<ISealer, MemorySealer>();
            silo.AddCommerceGrains();
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        var cart = cluster.Client.GetGrain<ICartGrain>(Keys.Cart(Id));
        var waker = cluster.Client.Aggregate<IWakeable>("cart", Keys.Cart(Id));

        await cart.Open(CommandKey.None, Currency.GBP, null);
        clock.Later += CartTerms.KeepOpen / 2;
        await cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);
        clock.Later += CartTerms.KeepOpen - TimeSpan.FromMinutes(5);
        (await waker.Wake()).ShouldBeFalse();
        (await cart.Get()).Ok.ShouldBeTrue();

        clock.Later += TimeSpan.FromMinutes(5);
        (await waker.Wake()).ShouldBeTrue();
        (await cart.Get()).Refusal!.Code.ShouldBe("not-found");
    }

    private sealed class Calendar : TimeProvider
    {
        public TimeSpan Later { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Later;
    }
}
