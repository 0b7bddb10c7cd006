using Commerce.Kernel;

namespace Commerce.Inventory;

/// <summary>
/// Whose turn it is to check out a SKU that many want at once. Key: <c>tenant/sku@location</c> (<see cref="Keys.Stock"/>). It is kept in memory only: a silo that dies takes its queues
/// along, and they form anew in the order in which their carts ask again. No unit depends on it.
/// </summary>
[Alias("commerce.ICheckoutQueueGrain")]
public interface ICheckoutQueueGrain : IGrainWithStringKey
{
    /// <summary>Takes a place at the end, or keeps the one this cart has; answers when its turn has come, or the patience is used up.</summary>
    /// <param name="cart">The cart's family digest (<see cref="OrderId.Family"/>): one place per cart.</param>
    /// <param name="patience">How long to wait for the turn; zero only asks.</param>
    /// <returns>0 when it is its turn, else its position: 1 is next. A position never rises.</returns>
    [Alias("Enter")]
    Task<int> Enter(string cart, TimeSpan patience);

    /// <summary>Gives up the turn or the place, so that the next one gets theirs. Leaving twice changes nothing.</summary>
    [Alias("Leave")]
    Task Leave(string cart);
}
