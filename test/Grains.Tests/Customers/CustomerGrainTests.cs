using System.Text;
using Commerce.Kernel;
using Commerce.Kit.Cluster;

namespace Commerce.Customers;

/// <summary>What only the shell can show: nothing personal is stored in the clear, and nothing is readable after erasure.</summary>
public sealed class CustomerGrainTests : IAsyncLifetime
{
    private static readonly CustomerProfile Ann = new("Ann Archer", "ann@example.org", "United Kingdom");
    private static readonly Address Home = new("Ann Archer", "1 Quiet Lane", "Leeds", "LS1 1AA", "United Kingdom");

    private GrainCluster _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GrainCluster.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    private ICustomerGrain Customer => _shop.Grains.GetGrain<ICustomerGrain>(Keys.Customer(new("ann")));

    [Fact]
    public async Task A_profile_and_addresses_are_read_back_as_they_were_given()
    {
        await Customer.Register(CommandKey.None, Ann);
        await Customer.SetConsent(CommandKey.None, "newsletter", true);
        var view = (await Customer.PutAddress(CommandKey.None, "home", Home)).Value;

        view.Profile.ShouldBe(Ann);
        view.Addresses["home"].ShouldBe(Home);
        view.Consents.ShouldBe(["newsletter"]);
        (view.Id, view.Erased, view.Version).ShouldBe((new CustomerId("ann"), false, 3));
    }

    [Fact]
    public async Task The_journal_never_holds_anything_personal_in_the_clear()
    {
        await Customer.Register(CommandKey.None, Ann);
        await Customer.PutAddress(CommandKey.None, "home", Home);

        var stored = Stored();
        stored.Count.ShouldBe(2);
        stored.ShouldAllBe(e => !e.Contains("Ann") && !e.Contains("Quiet Lane") && !e.Contains("example.org"));
    }

    [Fact]
    public async Task After_erasure_nothing_personal_is_readable_and_nothing_can_be_added()
    {
        await Customer.Register(CommandKey.None, Ann);
        await Customer.PutAddress(CommandKey.None, "home", Home);

        for (var i = 0; i < 2; i++)
        {
            var erased = (await Customer.Erase(new("e", "erase"))).Value;
            (erased.Profile, erased.Addresses.Count, erased.Erased).ShouldBe((null, 0, true));
        }

        (await Customer.Get()).Value.Profile.ShouldBeNull();
        (await Customer.Register(CommandKey.None, Ann)).Refusal!.Code.ShouldBe("illegal-transition");
        (await Customer.PutAddress(CommandKey.None, "home", Home)).Refusal!.Code.ShouldBe("illegal-transition");
        Stored().Count.ShouldBe(4);
    }

    [Fact]
    public async Task An_erasure_whose_keys_could_not_be_destroyed_goes_on_until_they_are()
    {
        await Customer.Register(CommandKey.None, Ann);
        var held = await _shop.Sealer.Seal($"customer/{Keys.Customer(new("ann"))}", Ann);

        _shop.Sealer.Away = true;
        (await Customer.Erase(new("e", "erase"))).Value.Erased.ShouldBeTrue();
        (await _shop.Sealer.Open(held)).ShouldBe(Ann);

        _shop.Sealer.Away = false;
        await _shop.AdvanceUntil(TimeSpan.FromSeconds(1), async () => await _shop.Sealer.Open(held) is null && Stored().Count == 3);
    }

    [Fact]
    public async Task Registering_a_known_customer_answers_it_as_it_is()
    {
        await Customer.Register(CommandKey.None, Ann);
        (await Customer.Register(CommandKey.None, Ann with { Name = "Somebody else" })).Value.Profile.ShouldBe(Ann);
        Stored().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_customer_nobody_registered_is_not_found()
    {
        (await Customer.Get()).Refusal!.Code.ShouldBe("not-found");
        (await Customer.ChangeProfile(CommandKey.None, Ann)).Refusal!.Code.ShouldBe("not-found");
        Stored().ShouldBeEmpty();
    }

    private List<string> Stored() =>
        [.. _shop.Journal.Events(new StreamName("customer", $"customer/{Keys.Customer(new("ann"))}")).Select(e => Encoding.UTF8.GetString(e.Data))];
}
