namespace Commerce.Kernel;

/// <summary>A grain with deadlines: the scanner of its role wakes it when one is due. Waking too early, twice or for nothing does no harm.</summary>
[Alias("commerce.IWakeable")]
public interface IWakeable : IGrainWithStringKey
{
    /// <summary>Does what is due now; answers whether anything was.</summary>
    [Alias("Wake")]
    Task<bool> Wake();
}
