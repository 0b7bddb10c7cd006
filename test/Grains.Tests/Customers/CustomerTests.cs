using Commerce.Kernel;
using Commerce.Kit;
using CsCheck;

namespace Commerce.Customers;

public sealed class CustomerTests() : Specification<Customer, CustomerEvent>(Customer.Unknown, (s, e) => s.Evolve(e))
{
    private static readonly Sealed<CustomerProfile> Ann = new("customer/t1/ann", "box-1");
    private static readonly Sealed<CustomerProfile> Anna = new("customer/t1/ann", "box-2");
    private static readonly Sealed<Address> Home = new("customer/t1/ann", "box-3");
    private static readonly CustomerRegistered Registered = new(Ann);

    [Fact]
    public void A_customer_is_registered_once()
    {
        Given().When(s => s.Register(Ann)).Then(Registered);
        Given(Registered).When(s => s.Register(Anna)).Then();
    }

    [Fact]
    public void A_profile_changes() => Given(Registered).When(s => s.ChangeProfile(Anna)).Then(new ProfileChanged(Anna)).State.Profile.ShouldBe(Anna);

    [Fact]
    public void Addresses_come_and_go()
    {
        Given(Registered).When(s => s.PutAddress("home", Home)).Then(new AddressPut("home", Home)).State.Addresses["home"].ShouldBe(Home);
        Given(Registered, new AddressPut("home", Home)).When(s => s.RemoveAddress("home")).Then(new AddressRemoved("home")).State.Addresses.ShouldBeEmpty();
        Given(Registered).When(s => s.RemoveAddress("home")).Then();
    }

    [Theory, InlineData(""), InlineData("a\nb")]
    public void An_address_has_a_name_in_the_book(string name) => Given(Registered).When(s => s.PutAddress(name, Home)).ThenRefused(CustomerErrors.AddressIdInvalid);

    [Fact]
    public void The_book_has_room_for_fifty_and_a_known_address_can_always_be_replaced()
    {
        var full = Given([Registered, .. Enumerable.Range(1, CustomerErrors.MaxAddresses).Select(n => new AddressPut($"a{n}", Home))]);
        full.When(s => s.PutAddress("one more", Home)).ThenRefused(CustomerErrors.TooManyAddresses);
        full.When(s => s.PutAddress("a1", Home)).Then(new AddressPut("a1", Home));
    }

    [Fact]
    public void Consents_are_given_and_withdrawn_once()
    {
        Given(Registered).When(s => s.SetConsent("newsletter", true)).Then(new ConsentSet("newsletter", true)).After
            .When(s => s.SetConsent("newsletter", true)).Then().After
            .When(s => s.SetConsent("newsletter", false)).Then(new ConsentSet("newsletter", false)).After
            .When(s => s.SetConsent("newsletter", false)).Then();
        Given(Registered).When(s => s.SetConsent(new string('x', CustomerErrors.MaxName + 1), true)).ThenRefused(CustomerErrors.PurposeInvalid);
    }

    [Fact]
    public void Erasing_is_for_ever_and_can_be_repeated()
    {
        var erased = Given(Registered, new AddressPut("home", Home)).When(s => s.Erase()).Then(new CustomerErased()).After;
        erased.When(s => s.Erase()).Then();
        erased.When(s => s.Register(Anna)).ThenRefused(CustomerErrors.Erased);
        erased.When(s => s.ChangeProfile(Anna)).ThenRefused(CustomerErrors.Erased);
        erased.When(s => s.PutAddress("home", Home)).ThenRefused(CustomerErrors.Erased);
        erased.When(s => s.RemoveAddress("home")).ThenRefused(CustomerErrors.Erased);
        erased.When(s => s.SetConsent("newsletter", true)).ThenRefused(CustomerErrors.Erased);
    }

    [Fact]
    public void An_erased_customer_is_overdue_until_its_keys_are_destroyed()
    {
        Given(Registered).State.DueAt.ShouldBeNull();
        Given(Registered).When(s => s.Forget()).Then();
        var erased = Given(Registered, new CustomerErased());
        erased.State.DueAt.ShouldBe(DateTimeOffset.UnixEpoch);
        var forgotten = erased.When(s => s.Forget()).Then(new CustomerForgotten()).After;
        forgotten.State.DueAt.ShouldBeNull();
        forgotten.When(s => s.Forget()).Then();
    }

    [Fact]
    public void A_customer_nobody_registered_is_not_found()
    {
        Given().When(s => s.ChangeProfile(Ann)).ThenRefused(CustomerErrors.NotFound);
        Given().When(s => s.PutAddress("home", Home)).ThenRefused(CustomerErrors.NotFound);
        Given().When(s => s.RemoveAddress("home")).ThenRefused(CustomerErrors.NotFound);
        Given().When(s => s.SetConsent("newsletter", true)).ThenRefused(CustomerErrors.NotFound);
        Given().When(s => s.Erase()).ThenRefused(CustomerErrors.NotFound);
    }

    private static readonly Gen<Func<Customer, Result<Events<CustomerEvent>>>> AnyCommand =
        Gen.Select(Gen.Int[0, 5], Gen.Int[1, 60], Gen.Bool, (kind, n, given) => (Func<Customer, Result<Events<CustomerEvent>>>)(s => kind switch
        {
            0 => s.Register(Ann),
            1 => s.ChangeProfile(Anna),
            2 => s.PutAddress($"a{n}", Home),
            3 => s.RemoveAddress($"a{n}"),
            4 => s.SetConsent($"purpose-{n % 3}", given),
            _ => n == 1 ? s.Erase() : s.PutAddress($"b{n}", Home),
        }));

    [Fact]
    public void After_erasure_no_sequence_of_commands_brings_anything_personal_back() =>
        Gen.Select(AnyCommand.List[0, 80], AnyCommand.List[0, 20]).Sample((before, after) =>
        {
            var customer = Carry(Carry(Given(Registered).State, before), [s => s.Erase()]);
            customer = Carry(customer, after);

            (customer.Erased, customer.Profile).ShouldBe((true, null));
            customer.Addresses.ShouldBeEmpty();
            customer.Consents.ShouldBeEmpty();
        });

    [Fact]
    public void The_book_never_has_more_than_fifty_addresses() =>
        AnyCommand.List[0, 150].Sample(commands => Carry(Given(Registered).State, commands).Addresses.Count.ShouldBeLessThanOrEqualTo(CustomerErrors.MaxAddresses));

    private static Customer Carry(Customer customer, List<Func<Customer, Result<Events<CustomerEvent>>>> commands)
    {
        foreach (var command in commands)
        {
            if (command(customer) is { Ok: true } decided) customer = decided.Value.Items.Aggregate(customer, (s, e) => s.Evolve(e));
        }

        return customer;
    }
}
