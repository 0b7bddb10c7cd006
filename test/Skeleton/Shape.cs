namespace Commerce.Skeleton;

/// <summary>Which appends a checkout of n SKUs makes; each is an answer of a grain that waits for it.</summary>
internal enum Shape
{
    /// <summary>All that the shop's does: n reserved, one per SKU for what is committed together, 2 of the order, 2 of the payment, 2 of the cart.</summary>
    Whole,

    /// <summary>As many as it is allowed at the least, were the commits of holds to cost nothing: n, 2, 1 and 1.</summary>
    Budget,

    /// <summary>n reserved and one of the order; neither payment nor cart: what an actor's checkout was once estimated from.</summary>
    Least,
}
