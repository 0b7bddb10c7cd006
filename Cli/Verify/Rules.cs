using Commerce.Analytics.Store;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Payments;
using Commerce.Silo.Payments;

namespace Commerce.Cli.Verify;

/// <summary>I1: positions of a log and versions of a stream are dense.</summary>
internal sealed class GapRule
{
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _positions = new(StringComparer.Ordinal);
    private readonly List<Violation> _violations = [];
    private long _checked;

    public void See(RecordedEvent e)
    {
        _checked++;
        var stream = $"{e.Service}:{e.Stream}";
        if (e.Version != _versions.GetValueOrDefault(stream) + 1) _violations.Add(new(e.Stream, e.Version, $"follows version {_versions.GetValueOrDefault(stream)}"));
        if (e.Position != _positions.GetValueOrDefault(e.Service) + 1) _violations.Add(new(e.Stream, e.Version, $"position {e.Position} of {e.Service} follows {_positions.GetValueOrDefault(e.Service)}"));
        (_versions[stream], _positions[e.Service]) = (e.Version, e.Position);
    }

    /// <summary>An event that cannot have followed what is before it, or cannot be read.</summary>
    public void Senseless(RecordedEvent e, Exception why) => _violations.Add(new(e.Stream, e.Version, $"{e.Type} cannot follow what is before it ({why.GetType().Name}: {why.Message})"));

    public void End(string service, FeedHead head)
    {
        if (head.Position != _positions.GetValueOrDefault(service)) _violations.Add(new(service, 0, $"the log ends at {_positions.GetValueOrDefault(service)}, its head says {head.Position}"));
    }

    public Invariant Result() => new("I1", "versions and positions are gap-free", _checked, _violations);
}

/// <summary>I2, I3, I7: stock against orders.</summary>
internal static class StockRules
{
    public static Invariant ConfirmedIsOwned(Books books, AuditTime time)
    {
        var (seen, violations) = (0L, new List<Violation>());
        foreach (var (key, order) in Sold(books))
        {
            foreach (var (sku, quantity) in order.State.Demand)
            {
                seen++;
                var committed = books.Committed.GetValueOrDefault((Id(key).Value, Keys.Stock(sku)));
                var owned = books.Stocks.GetValueOrDefault(Keys.Stock(sku))?.State.Holds.Of(Id(key)) is { Term.Until: null } hold ? hold.Quantity : 0;
                if (committed + owned != quantity) violations.Add(new($"order/{key}", order.Version, $"{sku}: {quantity} sold, {owned} owned and {committed} committed"));
                else if (owned > 0 && books.Sales.TryGetValue(key, out var sale) && (sale.Position <= books.SettledBefore || time.LeftSince(sale.At) > ProgressRules.SettledWithin))
                    violations.Add(new($"order/{key}", order.Version, $"{sku}: {owned} sold and still on hand since {sale.At:O}"));
                else if (order.State.StockCommitted && committed != quantity) violations.Add(new($"order/{key}", order.Version, $"{sku}: said to be committed, {committed} of {quantity} are"));
            }
        }

        return new("I2", "confirmed orders own or have taken their stock", seen, violations);
    }

    public static Invariant DeadHoldsNothing(Books books)
    {
        var (seen, violations) = (0L, new List<Violation>());
        foreach (var (key, order) in books.Orders.Where(o => IsDead(o.Value.State)))
        {
            seen++;
            foreach (var (sku, _) in order.State.Demand)
            {
                if (books.Stocks.GetValueOrDefault(Keys.Stock(sku))?.State.Holds.Of(Id(key)) is { } hold) violations.Add(new($"order/{key}", order.Version, $"dead, and still holds {hold.Quantity} of {sku}"));
                if (books.Committed.GetValueOrDefault((Id(key).Value, Keys.Stock(sku))) is not 0 and var kept) violations.Add(new($"order/{key}", order.Version, $"dead, and {kept} of {sku} did not come back"));
            }

            // Of what an operator saw to at the provider itself our payment knows nothing.
            if (order.State.MoneySeenTo) continue;
            if (books.Payments.GetValueOrDefault(key)?.State is { } payment && payment.Authorised - payment.Voided - payment.Refunded > 0)
                violations.Add(new($"order/{key}", order.Version, $"dead, and {payment.Authorised - payment.Voided - payment.Refunded} minor units are live"));
        }

        return new("I3", "dead orders hold no stock and no live money", seen, violations);
    }

    public static Invariant OnHandIsTheLedger(Books books)
    {
        var violations = new List<Violation>(books.Negative);
        foreach (var (key, stock) in books.Stocks)
        {
            if (stock.State.OnHand != books.Ledger.GetValueOrDefault(key) || stock.State.OnHand < 0)
                violations.Add(new($"stock/{key}", stock.Version, $"{stock.State.OnHand} on hand, the ledger sums to {books.Ledger.GetValueOrDefault(key)}"));
            foreach (var hold in stock.State.Holds.All)
            {
                if (books.Latest(Keys.Order(hold.Order)) is null) violations.Add(new($"stock/{key}", stock.Version, $"held for {hold.Order}, which does not exist"));
                else if (books.Orders.TryGetValue(Keys.Order(hold.Order), out var order) && IsDead(order.State)) violations.Add(new($"stock/{key}", stock.Version, $"held for {hold.Order}, which is dead"));
            }
        }

        return new("I7", "on hand is the sum of its ledger, never negative, held for live orders only", books.Stocks.Count, violations);
    }

    /// <summary>Ended early, and done with giving back; one that was paid late is not, until it is known whether it comes back to life, nor is one that may have been paid before it was rejected.</summary>
    private static bool IsDead(Order order) => (order.Stage == OrderStatus.Cancelled || (order is { Stage: OrderStatus.Rejected or OrderStatus.Expired, StockFreed: true }))
        && (order.Late is null || (order.Late.Refused && order.MoneyFreed))
        && (order.Stage != OrderStatus.Rejected || order.Payment is null || order.MoneyFreed);

    /// <summary>Confirmed before the other books were looked at, and not yet being cancelled afterwards: so it was neither in between.</summary>
    internal static IEnumerable<KeyValuePair<string, Folded<Order>>> Sold(Books books) =>
        books.Orders.Where(o => o.Value.State.WasConfirmed && books.Latest(o.Key) is { Stage: not (OrderStatus.Cancelling or OrderStatus.Cancelled) });

    internal static OrderId Id(string key) => new(key[(key.IndexOf('/') + 1)..]);
}

/// <summary>I4, I5: money against orders and against the provider's own books.</summary>
internal static class MoneyRules
{
    /// <summary>A charge-back is the bank's doing: it takes the provider a moment, and an outage of ours a while, until we hear of it.</summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromMinutes(10);

    public static Invariant CapturedIsShipped(
        Books books, IReadOnlyDictionary<string, LedgerOperation> before, IReadOnlyDictionary<string, LedgerOperation> after, DateTimeOffset now)
    {
        var violations = new List<Violation>();
        foreach (var (key, order) in books.Orders.Where(o => o.Value.State.Placed is not null))
        {
            var s = order.State;
            var shipped = s.Shipments.Where(x => x.State is ShipmentState.Sent or ShipmentState.Delivered).Sum(x => x.Portions.Sum(p => p.Minor));
            var returned = s.Returns.Where(r => r.Refunded).Sum(r => r.Accepted.Lines.Sum(line => line.Amount.Minor));
            // What was captured before its authorisation lapsed is captured and has not shipped.
            var ahead = s.Advance?.State == AdvanceState.Captured ? s.Total.Minor - s.Shipped : 0;
            if (s.Captured - s.Refunded != shipped - returned + ahead) violations.Add(new($"order/{key}", order.Version, $"captured − refunded is {s.Captured - s.Refunded}, shipped − returned is {shipped - returned}"));

            // The payment may know an answer before its order has heard it, never the other way round; apart from what the order waits to hear, they agree.
            var (payment, refunded) = WithoutSeenTo(key, s, books.Payments.GetValueOrDefault(key)?.State ?? Payment.None);
            var answered = Without(OpenIn(s), key, payment);
            if (payment.Captured < s.Captured || payment.Refunded < refunded || (!books.Later.ContainsKey(key) && answered.Captured - answered.Refunded != s.Captured - ToBeUndone(s) - refunded))
                violations.Add(new($"order/{key}", order.Version, $"says {s.Captured} captured and {refunded} refunded, its payment {payment.Captured} and {payment.Refunded}"));
        }

        foreach (var (key, payment) in books.Payments.Where(p => p.Value.State.Captured > 0 && books.Latest(p.Key) is not { Placed: not null }))
            violations.Add(new($"payment/{key}", payment.Version, $"{payment.State.Captured} captured for an order that does not exist"));
        foreach (var (key, payment) in books.Payments) violations.AddRange(Differences(key, payment, after));
        var asked = books.Payments.SelectMany(p => p.Value.State.Operations).Select(o => o.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var o in before.Values.Where(o => !asked.Contains(o.Key)))
        {
            if (o.Kind != OperationKind.ChargeBack) violations.Add(new(o.Key, 0, $"the provider's ledger has {o.Kind} of {o.Answer.Amount}, our journal never asked for it"));
            else if (now - o.At > HeardWithin) violations.Add(new(o.Key, 0, $"the provider's ledger has {o.Kind} of {o.Answer.Amount}, our journal never heard of it; have the provider send its message again"));
        }

        return new("I4", "captured − refunded = shipped − returned = the provider's ledger", books.Orders.Count + after.Count, violations);
    }

    public static Invariant OneChargePerOrder(Books books)
    {
        var violations = new List<Violation>();
        foreach (var (key, payment) in books.Payments)
        {
            if (payment.State.Charges > 1) violations.Add(new($"payment/{key}", payment.Version, $"{payment.State.Charges} authorisations succeeded and were not let go of"));
        }

        foreach (var (key, order) in StockRules.Sold(books).Where(o => !o.Value.State.MoneySeenTo))
        {
            var payment = books.Payments.GetValueOrDefault(key)?.State ?? Payment.None;
            if (payment.Authorised - payment.Voided < order.State.Total.Minor) violations.Add(new($"order/{key}", order.Version, $"confirmed, and {payment.Authorised - payment.Voided} of {order.State.Total.Minor} minor units are authorised"));
        }

        var placed = books.Orders.Where(o => o.Value.State.Placed is not null).ToList();
        violations.AddRange(placed.GroupBy(o => o.Value.State.Placed!.Number).Where(same => same.Count() > 1).Select(same => new Violation(same.Key, 0, $"{same.Count()} orders share this number")));
        violations.AddRange(placed.GroupBy(o => StockRules.Id(o.Key).Family).Where(family => family.Count(o => o.Value.State.WasConfirmed) > 1)
            .Select(family => new Violation($"order/{family.First().Key}", 0, "two orders of one cart were confirmed")));
        return new("I5", "one order and one charge per checkout", books.Payments.Count + placed.Count, violations);
    }

    /// <summary>The shipments and returns, and the capture ahead, whose money the order waits to hear of, or is about to ask for without having written that down. A parked one does not wait, and may have asked.</summary>
    private static HashSet<string> OpenIn(Order order)
    {
        var open = order.Operations.Where(o => o.Kind is OperationKind.Capture or OperationKind.Refund && o.Outcome == OutcomeKind.Unknown).Select(o => o.Key).ToHashSet(StringComparer.Ordinal);
        if (order.Undoable() is { } capture) open.Add(capture);
        return open;
    }

    // Captured, as the order has heard, and about to be refunded.
    private static long ToBeUndone(Order order) => order.Undoable() == Advance.Id && order.Advance is { State: AdvanceState.Captured } ahead ? ahead.Amount.Minor : 0;

    /// <summary>A payment and what its order says was refunded, both without what an operator has seen to by other means: of that no provider need know.</summary>
    private static (Payment Payment, long Refunded) WithoutSeenTo(string key, Order order, Payment payment)
    {
        if (order.Skipped.IsEmpty) return (payment, order.Refunded);
        var seenTo = order.Skipped.Select(SubjectOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return (Without(seenTo, key, payment), order.Returns.Where(r => r.Refunded && !seenTo.Contains(r.Id)).Sum(r => r.Amount.Minor));
    }

    private static Payment Without(HashSet<string> subjects, string key, Payment payment) => subjects.Count == 0 ? payment : payment with
    {
        Operations = [.. payment.Operations.Where(o => !subjects.Contains(o.Key[Math.Min(o.Key.Length, StockRules.Id(key).Value.Length + 1)..].Split('/', '-')[0]))],
    };

    // A shipment's or a return's id, of which the operation's key begins.
    private static string? SubjectOf(string skipped) => skipped.Split(' ') switch
    {
        [nameof(Step.Capture) or nameof(Step.UndoCapture) or nameof(Step.Refund), var subject] => subject,
        _ => null,
    };

    private static IEnumerable<Violation> Differences(string key, Folded<Payment> payment, IReadOnlyDictionary<string, LedgerOperation> ledger)
    {
        foreach (var o in payment.State.Operations.Where(o => o.Outcome != OutcomeKind.Unknown && o.Code != "cancelled"))
        {
            if (!ledger.TryGetValue(o.Key, out var theirs)) yield return new($"payment/{key}", payment.Version, $"{o.Kind} {o.Key} is {o.Outcome} here, unknown to the provider");
            else if (theirs.Answer.Succeeded != (o.Outcome == OutcomeKind.Succeeded) || (theirs.Answer.Succeeded && theirs.Answer.Amount != o.Actual))
                yield return new($"payment/{key}", payment.Version, $"{o.Kind} {o.Key} is {o.Outcome} of {o.Actual} here, {(theirs.Answer.Succeeded ? "succeeded" : "declined")} of {theirs.Answer.Amount} there");
        }
    }
}

/// <summary>I6: projections against the journals.</summary>
internal static class ProjectionRules
{
    public static Invariant AnalyticsIsTheFold(Books books, Fingerprint? projected)
    {
        var folded = books.Projections.Checksums();
        var violations = (projected?.Checksums ?? new Dictionary<string, string>())
            .Where(stored => folded.GetValueOrDefault(stored.Key) != stored.Value)
            .Select(stored => new Violation($"analytics/{stored.Key}", 0, $"stored {stored.Value}, folded {folded.GetValueOrDefault(stored.Key)}; './commerce analytics rebuild' mends it"));
        return new("I6", "analytics is a fold of the journals", projected?.Checksums.Count ?? 0, [.. violations]);
    }
}

/// <summary>What a client has written down that the shop acknowledged.</summary>
internal static class AcknowledgementRules
{
    public static Invariant EveryAcknowledgedOrderIsThere(Books books, IReadOnlySet<string> acknowledged) => new(
        "ACK", "every order that was acknowledged is there", acknowledged.Count,
        [.. acknowledged.Where(id => books.Latest(Keys.Order(new OrderId(id))) is not { Placed: not null }).Select(id => new Violation($"order/{Keys.Order(new OrderId(id))}", 0, "acknowledged, and not in the journal"))]);
}

/// <summary>I8: nothing is stuck.</summary>
internal static class ProgressRules
{
    /// <summary>Past this, an order with something to do should have done it: the scanner looks every minute at the latest.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Between a confirmation and its settlement: seconds as a rule, and what an outage takes.</summary>
    public static readonly TimeSpan SettledWithin = TimeSpan.FromMinutes(5);

    public static Invariant EveryOrderEndsOrWaits(Books books, AuditTime time)
    {
        // An order that waits has a reason with a name and, unless it waits for a person, a time; what is due for long and not done has neither.
        var (terms, now) = (new CheckoutTerms(), time.Now);
        var stuck = books.Orders
            .Where(o => time.LeftSince(o.Value.LastAt) > Patience && o.Value.State.Next(terms, now - Patience) is not null && o.Value.State.Next(terms, now) is not null)
            .Select(o => new Violation($"order/{o.Key}", o.Value.Version, $"{o.Value.State.Status}: should {o.Value.State.Next(terms, now)}, and has not since {o.Value.LastAt:O}"));
        var unsettled = books.Sales.Where(sale => sale.Value.Position > books.Settled && time.LeftSince(sale.Value.At) > SettledWithin)
            .Select(sale => new Violation($"order/{sale.Key}", 0, $"confirmed at {sale.Value.At:O}, and not settled: './commerce status' and the silos' logs say whether its cart or its stock cannot be reached"));
        var forgotten = books.Sales.Where(sale => sale.Value.Position <= books.SettledBefore && !books.KnownToCarts.Contains(StockRules.Id(sale.Key).Value))
            .Select(sale => new Violation($"order/{sale.Key}", 0, $"confirmed at {sale.Value.At:O} and said to be settled, and its cart was never told"));
        return new("I8", "every order ends or waits for a named reason", books.Orders.Count, [.. stuck, .. unsettled, .. forgotten]);
    }
}
