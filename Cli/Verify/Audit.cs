using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Carts;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Orders;
using Commerce.Payments;

namespace Commerce.Cli.Verify;

/// <summary>A rule that does not hold, with where to look.</summary>
/// <param name="Stream">The stream, or what else it is about.</param>
/// <param name="Version">The event's version in it; 0 when it is about the whole.</param>
/// <param name="Message">What is wrong.</param>
public sealed record Violation(string Stream, long Version, string Message);

/// <summary>What was found of one invariant.</summary>
/// <param name="Id"><c>I1</c> … <c>I8</c>, or <c>ACK</c>.</param>
/// <param name="Rule">The rule in words.</param>
/// <param name="Checked">How many things were checked.</param>
/// <param name="Violations">Where it does not hold.</param>
public sealed record Invariant(string Id, string Rule, long Checked, IReadOnlyList<Violation> Violations)
{
    public bool Ok => Violations.Count == 0;
}

/// <summary>What an audit found.</summary>
public sealed record AuditReport(IReadOnlyList<Invariant> Invariants, IReadOnlyDictionary<string, string> Checksums)
{
    public bool Ok => Invariants.All(invariant => invariant.Ok);
}

/// <summary>
/// The invariants of the domain over a whole installation, from its journals, the payment provider's own ledger and the projections. The order in which it
/// reads them makes every rule hold of a shop that sells meanwhile, also where services have databases of their own and no moment in common.
/// </summary>
public static class Audit
{
    /// <summary>Audits a data folder.</summary>
    public static Task<AuditReport> Run(string dataDir, DateTimeOffset now) => Run(new EmbeddedInstallation(dataDir), now);

    /// <summary>Audits an installation.</summary>
    /// <param name="installation">What is audited.</param>
    /// <param name="now">The time; null when nobody has run there since its last event, so that nothing can have been done since.</param>
    /// <param name="acknowledged">Orders a client says it was acknowledged; null when nobody says so.</param>
    /// <param name="runsSince">Since when it runs, where that is known: what had been left undone before has its time from then on.</param>
    public static async Task<AuditReport> Run(Installation installation, DateTimeOffset? now, IReadOnlySet<string>? acknowledged = null, DateTimeOffset runsSince = default)
    {
        // The ledger is read before and after the journals: what was there before must have been asked for, what is known must be there after.
        var projected = await installation.Projections();
        var ledgerBefore = await installation.Ledger();
        await using var journals = await installation.OpenJournals();
        var books = await Books.Read(journals, projected);
        var ledgerAfter = await installation.Ledger();
        var time = new AuditTime(now ?? books.LastAt, runsSince);

        return new AuditReport(
            [
                books.Gaps.Result(),
                StockRules.ConfirmedIsOwned(books, time),
                StockRules.DeadHoldsNothing(books),
                MoneyRules.CapturedIsShipped(books, ledgerBefore, ledgerAfter, time.Now),
                MoneyRules.OneChargePerOrder(books),
                ProjectionRules.AnalyticsIsTheFold(books, projected),
                StockRules.OnHandIsTheLedger(books),
                ProgressRules.EveryOrderEndsOrWaits(books, time),
                .. acknowledged is null ? [] : new[] { AcknowledgementRules.EveryAcknowledgedOrderIsThere(books, acknowledged) },
            ],
            projected?.Checksums ?? new Dictionary<string, string>());
    }
}

/// <summary>The time an audit goes by.</summary>
/// <param name="Now">Now.</param>
/// <param name="RunsSince">Since when there has been somebody to do what is left.</param>
internal sealed record AuditTime(DateTimeOffset Now, DateTimeOffset RunsSince)
{
    /// <summary>For how long something has been left undone by somebody who could have done it.</summary>
    public TimeSpan LeftSince(DateTimeOffset at) => Now - (at > RunsSince ? at : RunsSince);
}

/// <summary>An aggregate as its events say.</summary>
internal sealed record Folded<T>(T State, long Version, DateTimeOffset LastAt);

/// <summary>All that the rules look at, folded in one pass over the journals.</summary>
internal sealed class Books
{
    private static readonly string Confirmed = EventTypes.NameOf(typeof(OrderConfirmed)), Ordered = EventTypes.NameOf(typeof(CartOrdered));

    public GapRule Gaps { get; } = new();

    /// <summary>Orders as they stood before any other journal was opened: what they say of stock and money was so by then.</summary>
    public Dictionary<string, Folded<Order>> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>Orders that came or moved on while the other journals were opened.</summary>
    public Dictionary<string, Folded<Order>> Later { get; } = new(StringComparer.Ordinal);

    /// <summary>When the last thing happened.</summary>
    public DateTimeOffset LastAt { get; private set; }

    /// <summary>Where and when each order was confirmed that does not settle itself.</summary>
    public Dictionary<string, (long Position, DateTimeOffset At)> Sales { get; } = new(StringComparer.Ordinal);

    /// <summary>Up to which position of the orders' feed all is settled, as the settlement had said before any other journal was opened: so it was by then.</summary>
    public long SettledBefore { get; private set; }

    /// <summary>The same, as it says last.</summary>
    public long Settled { get; private set; }

    /// <summary>Orders of whose confirmation their cart has heard.</summary>
    public HashSet<string> KnownToCarts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Folded<Payment>> Payments { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, Folded<Stock>> Stocks { get; } = new(StringComparer.Ordinal);

    /// <summary>Units per order and SKU that left on hand, less what came back by its cancellation.</summary>
    public Dictionary<(string Order, string Stock), int> Committed { get; } = [];

    /// <summary>Σ of the ledger per stock stream, kept apart from the fold of its state.</summary>
    public Dictionary<string, long> Ledger { get; } = new(StringComparer.Ordinal);

    /// <summary>Stock streams that were below what they owe, at the event where it happened.</summary>
    public List<Violation> Negative { get; } = [];

    public ProjectionFold Projections { get; } = new();

    /// <summary>An order as it stood when all journals had been opened; null when it did not exist.</summary>
    public Order? Latest(string key) => (Later.GetValueOrDefault(key) ?? Orders.GetValueOrDefault(key))?.State;

    public static async Task<Books> Read(Journals journals, Fingerprint? projected)
    {
        var books = new Books();
        foreach (var service in FeedStreams.Services)
        {
            var cursor = projected?.Cursors.FirstOrDefault(c => c.Service == service)?.Position ?? 0;
            await foreach (var recorded in journals.Events(service))
            {
                books.Gaps.See(recorded);
                if (recorded.RecordedAt > books.LastAt) books.LastAt = recorded.RecordedAt;
                books.TryFold(recorded, journals.OrdersBefore, cursor);
            }

            books.Gaps.End(service, journals.Head(service));
        }

        return books;
    }

    // A history with a hole in it may not make sense; the audit goes on and says where.
    private void TryFold(RecordedEvent recorded, long ordersBefore, long cursor)
    {
        try
        {
            if (recorded.Position <= cursor) Projections.Apply(recorded);
            Fold(recorded, ordersBefore);
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            Gaps.Senseless(recorded, broken);
        }
    }

    private void Fold(RecordedEvent recorded, long ordersBefore)
    {
        switch (recorded.Stream[..recorded.Stream.IndexOf('/')])
        {
            case "order" when recorded.Position > ordersBefore:
                Later[recorded.Key] = new((Latest(recorded.Key) ?? Order.None).Evolve((OrderEvent)recorded.Event), recorded.Version, recorded.RecordedAt);
                break;
            case "order":
                Add(Orders, recorded, Order.None, (s, e) => s.Evolve((OrderEvent)e));
                if (recorded.Type == Confirmed && recorded.Event is OrderConfirmed { Cart: not null }) Sales[recorded.Key] = (recorded.Position, recorded.RecordedAt);
                break;
            case "settlement":
                Settled = ((SettlementReached)recorded.Event).Position;
                if (recorded.Position <= ordersBefore) SettledBefore = Settled;
                break;
            case "cart" when recorded.Type == Ordered: KnownToCarts.Add(((CartOrdered)recorded.Event).Order.Value); break;
            case "payment": Add(Payments, recorded, Payment.None, (s, e) => s.Evolve((PaymentEvent)e)); break;
            case "stock": Add(Stocks, recorded, Stock.Empty, (s, e) => s.Evolve((StockEvent)e)); Move(recorded); break;
        }
    }

    private void Move(RecordedEvent recorded)
    {
        var stock = Stocks[recorded.Key].State;
        if (stock.OnHand < stock.Holds.LiveAt(recorded.RecordedAt))
            Negative.Add(new Violation(recorded.Stream, recorded.Version, $"{stock.OnHand} on hand for {stock.Holds.LiveAt(recorded.RecordedAt)} held"));

        var (order, delta) = recorded.Event switch
        {
            StockAdjusted x => (null, x.Delta),
            StockCommitted x => (x.Order.Value, -x.Quantity),
            StockReturned x => (x.ReturnId == "cancelled" ? x.Order.Value : null, x.Quantity),
            _ => ((string?)null, 0),
        };
        Ledger[recorded.Key] = Ledger.GetValueOrDefault(recorded.Key) + delta;
        if (order is not null) Committed[(order, recorded.Key)] = Committed.GetValueOrDefault((order, recorded.Key)) - delta;
    }

    private static void Add<T>(Dictionary<string, Folded<T>> all, RecordedEvent recorded, T empty, Func<T, object, T> evolve)
    {
        var before = all.TryGetValue(recorded.Key, out var known) ? known.State : empty;
        all[recorded.Key] = new(evolve(before, recorded.Event), recorded.Version, recorded.RecordedAt);
    }
}
