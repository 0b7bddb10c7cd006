using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Customers;

/// <summary>A customer. Key: <c>tenant/customer</c> (<see cref="Keys.Customer"/>). All but <see cref="Register"/> refuse <c>not-found</c> for an unknown one.</summary>
[Alias("commerce.ICustomerGrain")]
public interface ICustomerGrain : IGrainWithStringKey
{
    /// <summary>Makes the customer known; known already, it answers the customer as it is.</summary>
    [Alias("Register")]
    Task<Result<CustomerView>> Register(CommandKey command, CustomerProfile profile);

    /// <summary>Changes the profile.</summary>
    [Alias("ChangeProfile")]
    Task<Result<CustomerView>> ChangeProfile(CommandKey command, CustomerProfile profile);

    /// <summary>Puts an address in the book under a name of 1 to 64 characters; at most 50 addresses.</summary>
    [Alias("PutAddress")]
    Task<Result<CustomerView>> PutAddress(CommandKey command, string addressId, Address address);

    /// <summary>Takes an address out; one that is not there is already out.</summary>
    [Alias("RemoveAddress")]
    Task<Result<CustomerView>> RemoveAddress(CommandKey command, string addressId);

    /// <summary>Gives or withdraws a consent.</summary>
    [Alias("SetConsent")]
    Task<Result<CustomerView>> SetConsent(CommandKey command, string purpose, bool given);

    /// <summary>Destroys the customer's key. Nothing personal is readable afterwards.</summary>
    [Alias("Erase")]
    Task<Result<CustomerView>> Erase(CommandKey command);

    /// <summary>The customer as it is.</summary>
    [Alias("Get")]
    Task<Result<CustomerView>> Get();
}

/// <summary>A customer, opened.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Profile">Who; null once erased.</param>
/// <param name="Addresses">The address book; empty once erased.</param>
/// <param name="Consents">Purposes consented to.</param>
/// <param name="Erased">Whether the key is destroyed.</param>
/// <param name="Version">Version of the stream.</param>
[GenerateSerializer, Immutable, Alias("commerce.customer-view")]
public sealed record CustomerView(
    CustomerId Id, CustomerProfile? Profile, ImmutableDictionary<string, Address> Addresses, ImmutableArray<string> Consents, bool Erased, long Version);
