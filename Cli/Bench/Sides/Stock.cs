namespace Commerce.Cli.Bench.Sides;

/// <summary>What a measured shop has to sell.</summary>
internal static class Stock
{
    /// <summary>Units of every product: more than any run sells.</summary>
    public const int Units = 100_000_000;

    /// <summary>Units of the flash sale.</summary>
    public const int FlashUnits = 10_000;
}
