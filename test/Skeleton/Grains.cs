using Orleans.Concurrency;

namespace Commerce.Skeleton;

/// <summary>What every grain here has: a place in its service's journal, and pipelined appends behind a fence. Nothing is ever read back.</summary>
[Reentrant]
internal abstract class JournaledGrain(Lanes lanes, string service) : Grain
{
    private readonly Lane _lane = lanes.Of(service);
    private Guid _last;

    /// <summary>Which of a checkout's appends are made.</summary>
    protected Shape Shape => lanes.Shape;

    protected Task Append(byte[] data)
    {
        var (expected, next) = (_last, Guid.CreateVersion7());
        _last = next;
        return _lane.Append(this.GetPrimaryKeyString(), expected, next, data);
    }
}

internal interface IBasket : IGrainWithStringKey
{
    Task<int> Add(string[] skus);

    Task<string[]> Freeze(string key);

    Task Ordered(string order);
}

internal sealed class Basket(Lanes lanes) : JournaledGrain(lanes, "cart"), IBasket
{
    private readonly List<string> _skus = [];

    public async Task<int> Add(string[] skus)
    {
        _skus.AddRange(skus);
        var lines = _skus.Count;
        await Append(Payload.Of(skus));
        return lines;
    }

    public async Task<string[]> Freeze(string key)
    {
        string[] skus = [.. _skus];
        if (Shape != Shape.Least) await Append(Payload.Of(key));
        return skus;
    }

    public Task Ordered(string order) => Append(Payload.Of(order));
}

internal interface IShelf : IGrainWithStringKey
{
    Task<bool> Reserve(string order, int quantity);

    Task Commit(string[] orders);
}

internal sealed class Shelf(Lanes lanes) : JournaledGrain(lanes, "inventory"), IShelf
{
    private readonly Dictionary<string, int> _holds = new(StringComparer.Ordinal);
    private int _available = 1_000_000;

    public async Task<bool> Reserve(string order, int quantity)
    {
        if (quantity > _available || !_holds.TryAdd(order, quantity)) return false;
        _available -= quantity;
        await Append(Payload.Of(order));
        return true;
    }

    public Task Commit(string[] orders)
    {
        foreach (var order in orders) _holds.Remove(order);
        return Append(Payload.Of(orders));
    }
}

internal interface ITill : IGrainWithStringKey
{
    Task<bool> Authorise(string token);
}

internal sealed class Till(Lanes lanes) : JournaledGrain(lanes, "payment"), ITill
{
    public async Task<bool> Authorise(string token)
    {
        if (Shape == Shape.Whole) await Append(Payload.Of(token));
        await Append(Payload.Of("authorised"));
        return true;
    }
}

internal interface IDeal : IGrainWithStringKey
{
    Task Place(string[] skus, string token);

    Task<bool> WhenSettled();
}

internal sealed class Deal(Lanes lanes) : JournaledGrain(lanes, "order"), IDeal
{
    private Task<bool>? _running;

    public async Task Place(string[] skus, string token)
    {
        if (Shape != Shape.Least) await Append(Payload.Of(skus));
        _running = Run(skus, token);
    }

    public Task<bool> WhenSettled() => _running!;

    private async Task<bool> Run(string[] skus, string token)
    {
        var order = this.GetPrimaryKeyString();
        var held = await Task.WhenAll(skus.Select(sku => GrainFactory.GetGrain<IShelf>(sku).Reserve(order, 1)));
        var confirmed = held.All(one => one) && (Shape == Shape.Least || await GrainFactory.GetGrain<ITill>(order).Authorise(token));
        await Append(Payload.Of(confirmed ? "confirmed" : "rejected"));
        return confirmed;
    }
}

/// <summary>An event without any form: its texts.</summary>
internal static class Payload
{
    public static byte[] Of(params ReadOnlySpan<string> texts) => System.Text.Encoding.UTF8.GetBytes(string.Join('\n', texts!));
}
