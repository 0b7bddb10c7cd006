using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Payments;

namespace Commerce.Model;

/// <summary>What may go wrong between two effects.</summary>
[Flags]
internal enum Fault
{
    None = 0,

    /// <summary>A call never arrives; its caller gives up.</summary>
    LostRequest = 1 << 0,

    /// <summary>A call has its effect; its caller dies, or never hears of it.</summary>
    LostReply = 1 << 1,

    /// <summary>A call arrives at any later time, its caller long gone: a silo that was frozen.</summary>
    LateDelivery = 1 << 2,

    /// <summary>What came of a step is not recorded.</summary>
    FailedWrite = 1 << 3,

    /// <summary>The provider is silent, before or after the effect.</summary>
    Silence = 1 << 4,

    /// <summary>An authorisation turns up that was voided before it came.</summary>
    LateMoney = 1 << 5,

    /// <summary>Everybody sleeps until all payment windows are over.</summary>
    Pause = 1 << 6,

    /// <summary>What came of a step is recorded at any later time, unless somebody else has recorded something by then: an activation that was frozen, and another that took over.</summary>
    LateWrite = 1 << 7,

    All = (1 << 8) - 1,

    /// <summary>The provider declines an authorisation. Apart from the others: it is no fault of a machine.</summary>
    Decline = 1 << 8,

    /// <summary>The provider says that it let go of money, and holds it still. Apart, too: nothing but an operator ends it.</summary>
    Keep = 1 << 9,
}

/// <summary>An event as it is stored.</summary>
internal sealed record Stored(object Event, string Text)
{
    public static Stored Of(object e) => new(e, $"{e.GetType().Name}{System.Text.Encoding.UTF8.GetString(EventTypes.Write(e))}");
}

/// <summary>A call from an order to another aggregate.</summary>
internal sealed record Call(string Kind, OrderId Order, string Subject = "", int Quantity = 0, long Minor = 0, bool Owned = false);

/// <summary>What an activation that is frozen will record of its order when it wakes, if the order is as it was.</summary>
/// <param name="Order">The order.</param>
/// <param name="Version">As it was.</param>
/// <param name="Events">What will be recorded.</param>
/// <param name="Decide">Why: what it would come to on another state.</param>
/// <param name="AskAgain">Who comes again if it is not recorded.</param>
internal sealed record LateRecord(OrderId Order, int Version, Events<OrderEvent> Events, Func<Order, Result<Events<OrderEvent>>> Decide, Call? AskAgain = null)
{
    public override string ToString() => $"{Order} {Version} {string.Join(';', Events.Items.Select(e => Stored.Of(e).Text))} {AskAgain}";
}

/// <summary>An entry of the provider's books.</summary>
internal sealed record Booked(OperationKind Kind, bool Succeeded, long Minor, string? Authorisation, bool Late = false);

/// <summary>
/// The whole shop at one moment: durable histories, the provider's books, calls and records still under way, the clock. Nothing else survives a crash, and every transition
/// ends with nothing else: so a crash between any two effects is a transition that stops there.
/// </summary>
internal sealed record World(
    ImmutableSortedDictionary<string, ImmutableList<Stored>> Streams, ImmutableSortedDictionary<string, Booked> Ledger, ImmutableList<Call> UnderWay,
    ImmutableList<LateRecord> Unrecorded, ImmutableList<string> ToDo, DateTimeOffset Now, int Faults)
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A shop with so many units of TEA, and what its people are going to do.</summary>
    public static World Of(int faults, int units, params string[] toDo) => new World(
            ImmutableSortedDictionary.Create<string, ImmutableList<Stored>>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, Booked>(StringComparer.Ordinal), [], [], [.. toDo], Start, faults)
        .Append("stock/TEA", Inventory.Stock.Empty.Adjust(units, "count", null, Start).Value);

    public Order Order(OrderId id) => Fold($"order/{id}", Commerce.Orders.Order.None, (Order s, OrderEvent e) => s.Evolve(e));

    public Payment Payment(OrderId id) => Fold($"payment/{id}", Payments.Payment.None, (Payment s, PaymentEvent e) => s.Evolve(e));

    public Stock Stock(string sku) => Fold($"stock/{sku}", Inventory.Stock.Empty, (Stock s, StockEvent e) => s.Evolve(e));

    public Cart Cart(string id) => Fold($"cart/{id}", Carts.Cart.Unknown, (Cart s, CartEvent e) => s.Evolve(e));

    public IEnumerable<OrderId> Orders => Streams.Keys.Where(name => name.StartsWith("order/", StringComparison.Ordinal)).Select(name => new OrderId(name[6..]));

    public World Append<T>(string stream, Events<T> events) where T : class => events.Items.IsDefaultOrEmpty ? this : this with
    {
        Streams = Streams.SetItem(stream, Streams.GetValueOrDefault(stream, []).AddRange(events.Items.Select(Stored.Of))),
    };

    /// <summary>How many events an order has.</summary>
    public int Version(OrderId id) => Streams.GetValueOrDefault($"order/{id}", []).Count;

    /// <summary>Two worlds with the same key are the same.</summary>
    public string Key() => string.Join('\n',
    [
        $"{Now.Ticks} {Faults} {string.Join(',', ToDo)}", .. UnderWay.Select(call => call.ToString()).Order(StringComparer.Ordinal), .. Unrecorded.Select(late => late.ToString()).Order(StringComparer.Ordinal), .. Ledger.Select(entry => $"{entry}"),
        .. Streams.Select(stream => $"{stream.Key}:{string.Join(';', stream.Value.Select(stored => stored.Text))}"),
    ]);

    private TState Fold<TState, TEvent>(string stream, TState empty, Func<TState, TEvent, TState> evolve) =>
        Streams.GetValueOrDefault(stream, []).Aggregate(empty, (s, stored) => evolve(s, (TEvent)stored.Event));
}
