using System.Globalization;
using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>The order numbers of a tenant. Key: <c>tenant</c>.</summary>
[Alias("commerce.IOrderNumberGrain")]
internal interface IOrderNumberGrain : IGrainWithStringKey
{
    /// <summary>Takes the next block; answers its last number.</summary>
    [Alias("Take")]
    Task<long> Take(int count);
}

/// <summary>How far the numbers are given out. Invariant: blocks never overlap.</summary>
/// <param name="Taken">The last number given to anybody.</param>
public sealed record OrderNumberLine(long Taken)
{
    /// <summary>Numbers start with six digits, so that people take them for what they are.</summary>
    public static readonly OrderNumberLine Start = new(100_000);

    public Result<Events<OrderNumberEvent>> Take(int count) => Events.Of<OrderNumberEvent>(new NumbersTaken(Taken + count));

    public OrderNumberLine Evolve(OrderNumberEvent e) => e is NumbersTaken x ? this with { Taken = x.UpTo } : throw new System.Diagnostics.UnreachableException($"No fold for {e.GetType().Name}.");
}

[GrainType("order-numbers"), Role("order")]
internal sealed class OrderNumberGrain(IJournal journal, TimeProvider time)
    : AggregateGrain<OrderNumberLine, OrderNumberEvent>(journal, time, OrderNumberLine.Start, (s, e) => s.Evolve(e)), IOrderNumberGrain
{
    public async Task<long> Take(int count) => (await Apply(CommandKey.None, s => s.Take(count), s => s.Taken)).Value;
}

/// <summary>A silo's block of numbers. What is left of it at a crash is never used.</summary>
internal sealed class OrderNumbers(IGrainFactory grains) : IOrderNumbers, IDisposable
{
    private const int Block = 1_000;

    private readonly SemaphoreSlim _one = new(1);
    private long _next = 1;
    private long _last;

    public async ValueTask<string> Next()
    {
        await _one.WaitAsync();
        try
        {
            if (_next > _last)
            {
                _last = await grains.GetGrain<IOrderNumberGrain>(Keys.DefaultTenant).Take(Block);
                _next = _last - Block + 1;
            }

            return _next++.ToString(CultureInfo.InvariantCulture);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
