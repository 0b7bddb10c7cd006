using System.Threading.RateLimiting;
using Commerce.Kernel;

namespace Commerce.Gateway.Payments;

/// <summary>
/// How often the provider is asked about an order because somebody looks at its page: <see cref="AtOnce"/> times at once, then once in <see cref="Pause"/>, by each gateway. In between the page
/// shows what the order knows by itself, from the provider's messages and its own questions.
/// </summary>
internal sealed class Looks : IDisposable
{
    /// <summary>Enough for who comes back from the provider, and looks again.</summary>
    private const int AtOnce = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<OrderId> _limiter = PartitionedRateLimiter.Create<OrderId, OrderId>(order => RateLimitPartition.GetTokenBucketLimiter(
        order, static _ => new() { TokenLimit = AtOnce, TokensPerPeriod = 1, ReplenishmentPeriod = Pause }));

    /// <summary>Whether the provider may be asked about this order now.</summary>
    public bool Allow(OrderId order)
    {
        using var look = _limiter.AttemptAcquire(order);
        return look.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
