namespace Commerce.Carts;

/// <summary>How long a cart waits for what.</summary>
public static class CartTerms
{
    /// <summary>
    /// From freezing until the order must exist. Source: the gateway places the order right after it froze the cart and gives up
    /// after its response timeout of 30 s; twice that leaves room for one repeat.
    /// </summary>
    public static readonly TimeSpan PlaceWithin = TimeSpan.FromSeconds(60);

    /// <summary>From the last change until an open cart is cleared away. Source: shoppers come back within the month, if at all.</summary>
    public static readonly TimeSpan KeepOpen = TimeSpan.FromDays(30);

    /// <summary>
    /// When an open cart that changes now is looked at again: the end of the day on which it may be cleared away. Most changes leave that day as it is, and
    /// the journal has nothing to note.
    /// </summary>
    public static DateTimeOffset Expires(DateTimeOffset now) => new((now + KeepOpen).UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
}
