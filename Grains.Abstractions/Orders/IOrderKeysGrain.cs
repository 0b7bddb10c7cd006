namespace Commerce.Orders;

/// <summary>The keys under which the order service seals what it holds of a customer. Key: <c>tenant/customer</c> (<see cref="Kernel.Keys.Customer"/>).</summary>
[Alias("commerce.IOrderKeysGrain")]
public interface IOrderKeysGrain : IGrainWithStringKey
{
    /// <summary>Destroys the customer's key, durably, and makes sure that none is ever made. May be repeated.</summary>
    [Alias("Destroy")]
    Task Destroy();
}
