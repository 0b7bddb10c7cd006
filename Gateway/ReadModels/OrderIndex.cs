using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;
using Microsoft.Data.Sqlite;

namespace Commerce.Gateway.ReadModels;

/// <summary>An order in the list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">Its number for people.</param>
/// <param name="Status">Where it is.</param>
/// <param name="PlacedAt">When it was placed.</param>
/// <param name="Total">What it comes to.</param>
/// <param name="Customer">Who; null for a guest.</param>
public sealed record OrderRow(OrderId Id, string Number, OrderStatus Status, DateTimeOffset PlacedAt, Money Total, string? Customer);

/// <summary>Which orders.</summary>
/// <param name="Status">In this status.</param>
/// <param name="From">Placed at or after.</param>
/// <param name="To">Placed before.</param>
/// <param name="After">After this one, in the list's order.</param>
public sealed record OrderQuery(OrderStatus? Status, DateTimeOffset? From, DateTimeOffset? To, (DateTimeOffset PlacedAt, OrderId Id)? After);

/// <summary>The orders of the shop by status and date of placing, newest first. It holds nothing personal.</summary>
public sealed class OrderIndex(ReadStore store) : IReadModel
{
    // What each event makes of an order, as far as its status goes; how far fulfilment has come depends on the units.
    private static readonly FrozenDictionary<Type, OrderStatus> Becomes = new Dictionary<Type, OrderStatus>
    {
        [typeof(OrderReserved)] = OrderStatus.AwaitingPayment,
        [typeof(OrderRejected)] = OrderStatus.Rejected,
        [typeof(PaymentStarted)] = OrderStatus.Authorising,
        [typeof(PaymentPageRequested)] = OrderStatus.Authorising,
        [typeof(PaymentPageOpened)] = OrderStatus.Authorising,
        [typeof(PaymentDeclined)] = OrderStatus.AwaitingPayment,
        [typeof(PaymentUncertain)] = OrderStatus.PaymentUncertain,
        [typeof(OrderConfirmed)] = OrderStatus.Confirmed,
        [typeof(AmountMismatched)] = OrderStatus.Cancelling,
        [typeof(CancelRequested)] = OrderStatus.Cancelling,
        [typeof(OrderCancelled)] = OrderStatus.Cancelled,
        [typeof(OrderExpired)] = OrderStatus.Expired,
        [typeof(OrderCompleted)] = OrderStatus.Completed,
    }.ToFrozenDictionary();

    // Other events are not even read: one of a type this program does not know yet must not stop the list.
    private static readonly FrozenSet<string> Counts = Becomes.Keys
        .Concat([typeof(OrderPlaced), typeof(ShipmentRequested), typeof(ShipmentSent), typeof(ShipmentDelivered)])
        .Concat([typeof(StepFailed), typeof(OrderParked), typeof(OrderResumed), typeof(StepSkipped)])
        .Select(EventTypes.NameOf).ToFrozenSet(StringComparer.Ordinal);

    // A step that failed this often in a row has parked its order (checkout process).
    private const int MaxFailures = 5;

    /// <summary>The statuses by the names callers use.</summary>
    public static readonly ImmutableArray<string> Statuses =
        [.. Enum.GetValues<OrderStatus>().Where(status => status != OrderStatus.None).Select(status => JsonNamingPolicy.CamelCase.ConvertName(status.ToString()))];

    /// <inheritdoc/>
    public string Service => "order";

    /// <inheritdoc/>
    public IReadOnlyList<string> Tables => ["orders", "shipments"];

    /// <summary>A status by the name callers use.</summary>
    public static OrderStatus? StatusOf(string name) => Statuses.IndexOf(name) is >= 0 and var at ? Enum.GetValues<OrderStatus>()[at + 1] : null;

    /// <summary>Orders that fit, newest first.</summary>
    public IReadOnlyList<OrderRow> Find(OrderQuery query, int max)
    {
        using var reader = store.Reader();
        using var rows = reader.Query(
            $"""
            select id, number, status, placed_at, total, currency, customer from orders
            where {(query.Status is null ? "$1 is null" : "status = $1")} and placed_at >= $2 and placed_at < $3 and (placed_at, id) < ($4, $5)
            order by placed_at desc, id desc limit $6
            """,
            query.Status?.ToString(), query.From?.UtcTicks ?? 0, query.To?.UtcTicks ?? long.MaxValue,
            query.After?.PlacedAt.UtcTicks ?? long.MaxValue, query.After?.Id.Value ?? "", max);
        var found = new List<OrderRow>();
        while (rows.Read())
            found.Add(new OrderRow(
                new OrderId(rows.GetString(0)), rows.GetString(1), Enum.Parse<OrderStatus>(rows.GetString(2)), new DateTimeOffset(rows.GetInt64(3), TimeSpan.Zero),
                new Money(rows.GetInt64(4), new Currency(rows.GetString(5))), rows.IsDBNull(6) ? null : rows.GetString(6)));
        return found;
    }

    /// <inheritdoc/>
    public void Apply(SqliteConnection db, RecordedEvent recorded)
    {
        if (!Counts.Contains(recorded.Type)) return;
        var id = recorded.Key[(recorded.Key.IndexOf('/') + 1)..];
        switch (recorded.Event)
        {
            case OrderPlaced placed:
                db.Run(
                    "insert into orders values ($1, $2, $3, $3, $4, $5, $6, $7, $8, 0, 0) on conflict do nothing",
                    id, placed.Number, nameof(OrderStatus.Reserving), recorded.OccurredAt.UtcTicks, placed.Lines.Sum(line => line.Amount.Minor),
                    placed.Currency.Value, placed.Customer?.Value, placed.Lines.Sum(line => (long)line.Quantity));
                break;
            case ShipmentRequested requested:
                db.Run("insert into shipments values ($1, $2, $3) on conflict do nothing", id, requested.Shipment, requested.Lines.Sum(line => (long)line.Quantity));
                break;
            case ShipmentSent sent:
                Advance(db, id, sent.Shipment, "sent");
                break;
            case ShipmentDelivered delivered:
                Advance(db, id, delivered.Shipment, "delivered");
                break;
            case StepFailed { Attempt: >= MaxFailures } or OrderParked:
                db.Run("update orders set status = $2 where id = $1", id, nameof(OrderStatus.Parked));
                break;
            case OrderResumed or StepSkipped:
                db.Run("update orders set status = stage where id = $1", id);
                break;
            case { } happened when Becomes.TryGetValue(happened.GetType(), out var status):
                // Parked stays parked until an operator repairs or cancels it.
                db.Run("update orders set stage = $2, status = case when status = 'Parked' and not $3 then status else $2 end where id = $1", id, status.ToString(), happened is CancelRequested);
                break;
        }
    }

    private static void Advance(SqliteConnection db, string order, string shipment, string column) => db.Run(
        $"""
        update orders set {column} = {column} + (select units from shipments where order_id = $1 and id = $2) where id = $1;
        update orders set stage = case when delivered >= units then 'Delivered' when sent >= units then 'Shipped' else 'PartiallyShipped' end
        where id = $1 and stage in ('Confirmed', 'PartiallyShipped', 'Shipped');
        update orders set status = stage where id = $1 and status <> 'Parked';
        """,
        order, shipment);
}
