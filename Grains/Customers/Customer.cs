using System.Collections.Immutable;
using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Customers;

/// <summary>
/// A customer. Invariants: <c>every personal field is sealed before it gets here</c>; <c>erased ⇒ nothing personal is held, and it stays so</c>; <c>|addresses| ≤ 50</c>.
/// </summary>
/// <param name="Known">Whether it was registered.</param>
/// <param name="Profile">Who; null once erased.</param>
/// <param name="Addresses">The address book; empty once erased.</param>
/// <param name="Consents">Purposes consented to; empty once erased.</param>
/// <param name="Erased">Whether it asked to be forgotten.</param>
/// <param name="Forgotten">Whether every service has destroyed its key.</param>
public sealed record Customer(
    bool Known, Sealed<CustomerProfile>? Profile, ImmutableDictionary<string, Sealed<Address>> Addresses, ImmutableSortedSet<string> Consents, bool Erased,
    bool Forgotten)
{
    /// <summary>Never registered.</summary>
    public static readonly Customer Unknown =
        new(false, null, ImmutableDictionary<string, Sealed<Address>>.Empty, ImmutableSortedSet.Create<string>(StringComparer.Ordinal), false, false);

    /// <summary>Why nothing can be changed, if so. Both are known before anything is sealed: nobody gets a key for nothing, and none is made anew.</summary>
    public Refusal? Closed => Erased ? CustomerErrors.Erased : Known ? null : CustomerErrors.NotFound;

    /// <summary>Keys that are left are overdue from the start; they are asked for until they are gone.</summary>
    public DateTimeOffset? DueAt => Erased && !Forgotten ? DateTimeOffset.UnixEpoch : null;

    /// <summary>Makes it known.</summary>
    public Result<Events<CustomerEvent>> Register(Sealed<CustomerProfile> profile) =>
        Erased ? CustomerErrors.Erased
        : Known ? Events<CustomerEvent>.None
        : Events.Of<CustomerEvent>(new CustomerRegistered(profile));

    /// <summary>Changes the profile.</summary>
    public Result<Events<CustomerEvent>> ChangeProfile(Sealed<CustomerProfile> profile) =>
        Closed is { } closed ? closed : Events.Of<CustomerEvent>(new ProfileChanged(profile));

    /// <summary>Puts an address in the book.</summary>
    public Result<Events<CustomerEvent>> PutAddress(string addressId, Sealed<Address> address)
    {
        if (Closed is { } closed) return closed;
        if (!IsName(addressId)) return CustomerErrors.AddressIdInvalid;
        if (Addresses.Count >= CustomerErrors.MaxAddresses && !Addresses.ContainsKey(addressId)) return CustomerErrors.TooManyAddresses;

        return Events.Of<CustomerEvent>(new AddressPut(addressId, address));
    }

    /// <summary>Takes an address out.</summary>
    public Result<Events<CustomerEvent>> RemoveAddress(string addressId) =>
        Closed is { } closed ? closed
        : Addresses.ContainsKey(addressId) ? Events.Of<CustomerEvent>(new AddressRemoved(addressId))
        : Events<CustomerEvent>.None;

    /// <summary>Gives or withdraws a consent.</summary>
    public Result<Events<CustomerEvent>> SetConsent(string purpose, bool given)
    {
        if (Closed is { } closed) return closed;
        if (Consents.Contains(purpose) == given) return Events<CustomerEvent>.None;
        if (!IsName(purpose)) return CustomerErrors.PurposeInvalid;

        return Events.Of<CustomerEvent>(new ConsentSet(purpose, given));
    }

    /// <summary>Erases it; its keys are destroyed once this is durable.</summary>
    public Result<Events<CustomerEvent>> Erase() =>
        Erased ? Events<CustomerEvent>.None
        : Known ? Events.Of<CustomerEvent>(new CustomerErased())
        : CustomerErrors.NotFound;

    /// <summary>The keys are destroyed.</summary>
    public Result<Events<CustomerEvent>> Forget() => DueAt is null ? Events<CustomerEvent>.None : Events.Of<CustomerEvent>(new CustomerForgotten());

    /// <summary>Folds an event.</summary>
    public Customer Evolve(CustomerEvent e) => e switch
    {
        CustomerRegistered x => this with { Known = true, Profile = x.Profile },
        ProfileChanged x => this with { Profile = x.Profile },
        AddressPut x => this with { Addresses = Addresses.SetItem(x.AddressId, x.Address) },
        AddressRemoved x => this with { Addresses = Addresses.Remove(x.AddressId) },
        ConsentSet x => this with { Consents = x.Given ? Consents.Add(x.Purpose) : Consents.Remove(x.Purpose) },
        CustomerErased => Unknown with { Known = true, Erased = true },
        CustomerForgotten => this with { Forgotten = true },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };

    private static bool IsName(string text) => text.Length is > 0 and <= CustomerErrors.MaxName && !text.Any(char.IsControl);
}
