using Commerce.Carts;
using Commerce.Kernel;
using Commerce.Kit.Cluster;
using Commerce.Kit.Journal;
using Orleans.Core.Internal;
using static Commerce.Carts.CartSamples;

namespace Commerce.Grains.Tests.Kernel;

/// <summary>What nearly always begins a stream is decided without asking for its history; seen through a cart.</summary>
public sealed class BeginningTests(OneCluster shop) : IClassFixture<OneCluster>
{
    private readonly CartId _id = new($"begin-{Guid.NewGuid():N}");

    private MemoryJournal Journal => shop.Cluster.Journal;

    private ICartGrain Cart => shop.Cluster.Grains.GetGrain<ICartGrain>(Keys.Cart(_id));

    [Fact]
    public async Task A_new_stream_is_begun_without_a_look_at_its_history()
    {
        var loads = Journal.Loads;
        (await Cart.Open(CommandKey.None, Currency.GBP, null)).Ok.ShouldBeTrue();
        (await Cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)])).Value.Version.ShouldBe(2);
        (await Cart.Get()).Value.Lines.Length.ShouldBe(1);
        Journal.Loads.ShouldBe(loads);
    }

    [Fact]
    public async Task A_stream_that_had_begun_is_found_by_the_fence()
    {
        await Cart.Open(new CommandKey("k", "d"), Currency.GBP, null);
        await Cart.Add(CommandKey.None, [New(Mug, 1, 2.55m)]);
        await Forget();

        (await Cart.Open(new CommandKey("k", "d"), Currency.GBP, null)).ShouldSatisfyAllConditions(
            x => x.Repeated.ShouldBeTrue(), x => x.Value.Version.ShouldBe(2), x => x.Value.Lines.Length.ShouldBe(1));
        await Forget();
        (await Cart.Open(CommandKey.None, new Currency("EUR"), null)).Refusal!.Code.ShouldBe(CartErrors.OpenedOtherwise.Code);
    }

    [Fact]
    public async Task A_question_before_the_beginning_reads_the_history()
    {
        (await Cart.Get()).Refusal!.Code.ShouldBe("not-found");
        await Cart.Open(CommandKey.None, Currency.GBP, null);
        await Forget();
        (await Cart.Get()).Value.Version.ShouldBe(1);
    }

    [Fact]
    public async Task A_beginning_that_was_lost_is_tried_anew()
    {
        Journal.Next(Fault.Failed);
        await Should.ThrowAsync<DependencyUnavailableException>(() => Cart.Open(CommandKey.None, Currency.GBP, null));
        (await Cart.Get()).Refusal!.Code.ShouldBe("not-found");
        (await Cart.Open(CommandKey.None, Currency.GBP, null)).Value.Version.ShouldBe(1);
    }

    [Fact]
    public async Task A_question_while_the_beginning_is_in_flight_is_answered_when_it_is_durable()
    {
        Journal.Hold();
        var before = Journal.HandedOver;
        var opened = Cart.Open(CommandKey.None, Currency.GBP, null);
        await Journal.Handed(before + 1).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        var asked = Cart.Get();
        asked.IsCompleted.ShouldBeFalse();
        Journal.Release();
        (await asked).Value.Version.ShouldBe(1);
        await opened;
    }

    private async Task Forget() => await Cart.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
}
