namespace Commerce.Orders;

/// <summary>Hands out order numbers: unique, not gap-free. Each silo takes a block at a time, durably, before it uses it.</summary>
public interface IOrderNumbers
{
    /// <summary>The next number.</summary>
    ValueTask<string> Next();
}
