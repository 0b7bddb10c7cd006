using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
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

/// <summary>
/// What happened to one aggregate, oldest first. Within one search the same history is one object, whichever way led there: it is folded once, and told from others by its number.
/// </summary>
internal sealed class History : IEnumerable<Stored>
{
    private readonly History? _before;
    private readonly Stored? _last;
    private readonly StrongBox<int> _numbers;
    private readonly int _number;
    private readonly Dictionary<string, History> _after = new(StringComparer.Ordinal);
    private object? _folded;

    private History(History? before, Stored? last, StrongBox<int> numbers) =>
        (_before, _last, _numbers, _number, Count) = (before, last, numbers, numbers.Value++, before is null ? 0 : before.Count + 1);

    /// <summary>How many events.</summary>
    public int Count { get; }

    /// <summary>The history in which nothing has happened, of a search of its own.</summary>
    public static History New() => new(null, null, new(0));

    public History Add(Stored next)
    {
        if (!_after.TryGetValue(next.Text, out var known)) _after[next.Text] = known = new(this, next, _numbers);
        return known;
    }

    public TState Fold<TState, TEvent>(TState empty, Func<TState, TEvent, TState> evolve) where TState : class =>
        _before is null ? empty : (TState)(_folded ??= evolve(_before.Fold(empty, evolve), (TEvent)_last!.Event));

    public IEnumerator<Stored> GetEnumerator() => (_before is null ? [] : _before.Append(_last!)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{_number}";
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
    private readonly string _text = $"{Order} {Version} {string.Join(';', Events.Items.Select(e => Stored.Of(e).Text))} {AskAgain}";

    public override string ToString() => _text;
}

/// <summary>An entry of the provider's books.</summary>
internal sealed record Booked(OperationKind Kind, bool Succeeded, long Minor, string? Authorisation, bool Late = false);

/// <summary>
/// The whole shop at one moment: durable histories, the provider's books, calls and records still under way, the clock. Nothing else survives a crash, and every transition
/// ends with nothing else: so a crash between any two effects is a transition that stops there.
/// </summary>
internal sealed record World(
    History Nothing, ImmutableSortedDictionary<string, History> Streams, ImmutableSortedDictionary<string, Booked> Ledger, ImmutableList<Call> UnderWay,
    ImmutableList<LateRecord> Unrecorded, ImmutableList<string> ToDo, DateTimeOffset Now, int Faults)
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A shop with so many units of TEA, and what its people are going to do.</summary>
    public static World Of(int faults, int units, params string[] toDo) => new World(
            History.New(), ImmutableSortedDictionary.Create<string, History>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, Booked>(StringComparer.Ordinal), [], [], [.. toDo], Start, faults)
        .Append("stock/TEA", Inventory.Stock.Empty.Adjust(units, "count", null, Start).Value);

    public Order Order(OrderId id) => Fold($"order/{id}", Commerce.Orders.Order.None, (Order s, OrderEvent e) => s.Evolve(e));

    public Payment Payment(OrderId id) => Fold($"payment/{id}", Payments.Payment.None, (Payment s, PaymentEvent e) => s.Evolve(e));

    public Stock Stock(string sku) => Fold($"stock/{sku}", Inventory.Stock.Empty, (Stock s, StockEvent e) => s.Evolve(e));

    public Cart Cart(string id) => Fold($"cart/{id}", Carts.Cart.Unknown, (Cart s, CartEvent e) => s.Evolve(e));

    public IEnumerable<OrderId> Orders => Streams.Keys.Where(name => name.StartsWith("order/", StringComparison.Ordinal)).Select(name => new OrderId(name[6..]));

    public World Append<T>(string stream, Events<T> events) where T : class => events.Items.IsDefaultOrEmpty ? this : this with
    {
        Streams = Streams.SetItem(stream, events.Items.Aggregate(Of(stream), (history, e) => history.Add(Stored.Of(e)))),
    };

    /// <summary>The history of a stream, or of what is not there yet.</summary>
    public History Of(string stream) => Streams.GetValueOrDefault(stream, Nothing);

    /// <summary>How many events an order has.</summary>
    public int Version(OrderId id) => Of($"order/{id}").Count;

    /// <summary>Two worlds of one search with the same key are the same.</summary>
    public string Key() => Text(history => history.ToString());

    /// <summary>The same for people.</summary>
    public string InWords() => Text(history => string.Join(';', history.Select(stored => stored.Text)));

    private string Text(Func<History, string> told) => string.Join('\n',
    [
        $"{Now.Ticks} {Faults} {string.Join(',', ToDo)}", .. UnderWay.Select(call => call.ToString()).Order(StringComparer.Ordinal), .. Unrecorded.Select(late => late.ToString()).Order(StringComparer.Ordinal), .. Ledger.Select(entry => $"{entry}"),
        .. Streams.Select(stream => $"{stream.Key}:{told(stream.Value)}"),
    ]);

    private TState Fold<TState, TEvent>(string stream, TState empty, Func<TState, TEvent, TState> evolve) where TState : class => Of(stream).Fold(empty, evolve);
}
