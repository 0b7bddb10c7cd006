using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Commerce.Kernel;

namespace Commerce.Inventory;

/// <summary>One order's hold on a SKU.</summary>
/// <param name="Order">Whose.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Term">How long.</param>
/// <param name="Again">Whether it was taken again, after its order had been given up.</param>
public sealed record Hold(OrderId Order, int Quantity, Term Term, bool Again = false)
{
    public bool LiveAt(DateTimeOffset now) => Term.Until is not { } until || now < until;
}

/// <summary>
/// All holds of a SKU, one per cart, with their sum and their order of expiry kept beside them: no command walks all holds.
/// Invariant: <c>Sum = Σ quantities</c>.
/// </summary>
[JsonConverter(typeof(HoldsConverter))]
public sealed class Holds
{
    public static readonly Holds None = new(ImmutableDictionary<string, Hold>.Empty, ImmutableSortedSet<(DateTimeOffset Until, string Family)>.Empty, 0);

    private readonly ImmutableDictionary<string, Hold> _byFamily;
    private readonly ImmutableSortedSet<(DateTimeOffset Until, string Family)> _byExpiry;

    private Holds(ImmutableDictionary<string, Hold> byFamily, ImmutableSortedSet<(DateTimeOffset, string)> byExpiry, int sum) =>
        (_byFamily, _byExpiry, Sum) = (byFamily, byExpiry, sum);

    /// <summary>Units of all holds, lapsed or not.</summary>
    public int Sum { get; }

    public int Count => _byFamily.Count;

    public IEnumerable<Hold> All => _byFamily.Values;

    /// <summary>When the next timed hold lapses.</summary>
    public DateTimeOffset? NextExpiry => _byExpiry.IsEmpty ? null : _byExpiry.Min.Until;

    /// <summary>The hold of an order's cart, whichever attempt took it.</summary>
    public Hold? OfCart(OrderId order) => _byFamily.GetValueOrDefault(order.Family);

    /// <summary>The hold of exactly this order.</summary>
    public Hold? Of(OrderId order) => OfCart(order) is { } hold && hold.Order == order ? hold : null;

    /// <summary>Units of holds live at an instant: the sum without the lapsed front of the expiry order.</summary>
    public int LiveAt(DateTimeOffset now)
    {
        var live = Sum;
        foreach (var (until, family) in _byExpiry)
        {
            if (now < until) break;
            live -= _byFamily[family].Quantity;
        }

        return live;
    }

    /// <summary>When the first hold that is live at an instant lapses; null: none will.</summary>
    public DateTimeOffset? LapsesAfter(DateTimeOffset now)
    {
        foreach (var (until, _) in _byExpiry)
        {
            if (now < until) return until;
        }

        return null;
    }

    /// <summary>Holds lapsed at an instant, earliest first.</summary>
    public IEnumerable<Hold> LapsedAt(DateTimeOffset now) =>
        _byExpiry.TakeWhile(entry => entry.Until <= now).Select(entry => _byFamily[entry.Family]);

    public Holds With(Hold hold)
    {
        var without = Without(hold.Order);
        return new Holds(
            without._byFamily.Add(hold.Order.Family, hold),
            hold.Term.Until is { } until ? without._byExpiry.Add((until, hold.Order.Family)) : without._byExpiry,
            without.Sum + hold.Quantity);
    }

    public Holds Without(OrderId order) => OfCart(order) is not { } hold
        ? this
        : new Holds(
            _byFamily.Remove(order.Family),
            hold.Term.Until is { } until ? _byExpiry.Remove((until, order.Family)) : _byExpiry,
            Sum - hold.Quantity);

    private sealed class HoldsConverter : JsonConverter<Holds>
    {
        public override Holds Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<Hold[]>(ref reader, options)!.Aggregate(None, (holds, hold) => holds.With(hold));

        public override void Write(Utf8JsonWriter writer, Holds value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.All, options);
    }
}
