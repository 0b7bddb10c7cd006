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

/// <summary>The bounds of a <see cref="ICheckoutQueueGrain"/>.</summary>
public static class CheckoutQueueTerms
{
    /// <summary>Turns at a time: more than keep a shop busy, since who asks only now and then leaves theirs unused until they do.</summary>
    public const int Abreast = 256;

    /// <summary>How long somebody may be silent. Gateways ask every two seconds for callers who wait; others are told to come back after one.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(15);
}
