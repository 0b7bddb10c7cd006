using Commerce.Feeds;
using Commerce.Kernel;
namespace Commerce.Customers;

/// <summary>Who a customer is. Personal: only ever stored sealed.</summary>
/// <param name="Name">Full name; may be empty.</param>
/// <param name="Email">E-mail address; may be empty.</param>
/// <param name="Country">Country by name or ISO 3166 code; may be empty.</param>
[GenerateSerializer, Immutable, Alias("commerce.customer-profile")]
public sealed record CustomerProfile(string Name, string Email, string Country);

/// <summary>Where something is sent. Personal: only ever stored sealed.</summary>
/// <param name="Name">Recipient.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="City">City.</param>
/// <param name="Postcode">Postcode.</param>
/// <param name="Country">Country by name or ISO 3166 code.</param>
[GenerateSerializer, Immutable, Alias("commerce.address")]
public sealed record Address(string Name, string Line1, string City, string Postcode, string Country);

/// <summary>What happens to a customer. Closed set.</summary>
public abstract record CustomerEvent;

/// <summary>The customer is known from now on.</summary>
/// <param name="Profile">Who.</param>
[EventName("customer.registered.v1")]
public sealed record CustomerRegistered(Sealed<CustomerProfile> Profile) : CustomerEvent;

/// <summary>The profile has changed.</summary>
/// <param name="Profile">Who.</param>
[EventName("customer.profile-changed.v1")]
public sealed record ProfileChanged(Sealed<CustomerProfile> Profile) : CustomerEvent;

/// <summary>An address was put in the book.</summary>
/// <param name="AddressId">Its name in the book.</param>
/// <param name="Address">Where.</param>
[EventName("customer.address-put.v1")]
public sealed record AddressPut(string AddressId, Sealed<Address> Address) : CustomerEvent;

/// <summary>An address was taken out of the book.</summary>
/// <param name="AddressId">Its name in the book.</param>
[EventName("customer.address-removed.v1")]
public sealed record AddressRemoved(string AddressId) : CustomerEvent;

/// <summary>A consent was given or withdrawn.</summary>
/// <param name="Purpose">For what: <c>newsletter</c>.</param>
/// <param name="Given">Yes or no.</param>
[EventName("customer.consent-set.v1")]
public sealed record ConsentSet(string Purpose, bool Given) : CustomerEvent;

/// <summary>The customer asked to be forgotten: nothing personal is shown from now on, and every service destroys its key.</summary>
[EventName("customer.erased.v1")]
public sealed record CustomerErased : CustomerEvent;

/// <summary>The keys are destroyed: nothing personal is readable any more, anywhere.</summary>
[EventName("customer.forgotten.v1")]
public sealed record CustomerForgotten : CustomerEvent;
