using System.Collections.Immutable;
using Commerce.Kernel;

namespace Commerce.Inventory;

[GrainType("stock"), Role("inventory")]
internal sealed class StockGrain(IJournal journal, TimeProvider time, OpenHolds open)
    : AggregateGrain<Stock, StockEvent>(journal, time, Stock.Empty, (s, e) => s.Evolve(e)), IStockGrain, IWakeable
{
    protected override string SnapshotFormat => "stock.v1";

    protected override DateTimeOffset? DueAt(Stock state) => state.Holds.NextExpiry;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        open.Add(this, () => Folded.Holds);
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        open.Remove(this);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<Result<StockView>> Adjust(CommandKey command, int delta, string reason, DateTimeOffset? occurredAt) =>
        Apply(command, s => s.Adjust(delta, reason, occurredAt, Now), View);

    // A repeat long after: the hold may have ended since, and an ended hold is never taken again.
    public Task<Result<int>> Reserve(OrderId order, int quantity, Term term) =>
        Decide<int>(CommandKey.None, s => s.Reserve(order, quantity, term, Now), s => s.Holds.Of(order) is null ? StockErrors.ReservationClosed(order) : s.Available(Now));

    public Task<Result<Done>> Pin(OrderId order, int quantity) => Own(order, quantity, Stock.Pinning(order), s => s.Pin(order, quantity, Now));

    public Task<Result<Done>> Retake(OrderId order, int quantity) => Own(order, quantity, Stock.Retaking(order), s => s.Retake(order, quantity, Now));

    public Task<Result<Done>> Release(OrderId order) => End(order, again: false, s => s.ClosePin(order));

    public Task<Result<Done>> Forgo(OrderId order) => End(order, again: true, s => s.ClosePin(order), s => s.CloseRetake(order));

    public Task<Result<Done>> Commit(OrderId order, DateTimeOffset occurredAt) => CommitAll([order], occurredAt);

    public async Task<Result<Done>> CommitAll(ImmutableArray<OrderId> orders, DateTimeOffset? occurredAt)
    {
        // That nothing is held is believed of the journal only: another activation may have taken the hold, and nothing fences one that does nothing.
        if (!await Query(s => s.OwnsAny(orders))) await Reread();
        return await Apply(s => s.Commit(orders, occurredAt));
    }

    public Task<Result<Done>> Return(OrderId order, string returnId, int quantity, DateTimeOffset occurredAt) =>
        Apply(new CommandKey($"return:{order}/{returnId}", $"{quantity}"), s => s.Return(order, returnId, quantity, occurredAt), static _ => Done.Value);

    public Task<StockView> Get() => Query(View, recent: true);

    public async Task<LedgerPage> Ledger(long after, int max)
    {
        var limit = Math.Clamp(max, 1, 1_000);
        var events = await Journal.ReadStream(Stream, after, limit);
        var entries = events.Select(Stock.Entry).OfType<LedgerEntry>();
        return new LedgerPage([.. entries], events.Count < limit ? null : events[^1].Version);
    }

    public async Task<bool> Wake()
    {
        var cleared = await Query(s => s.Holds.NextExpiry <= Now);
        if (cleared) await Apply(s => s.ClearLapsed(Now));
        return cleared;
    }

    // Who holds for a time has neither pinned nor retaken; of anybody else that may have been dealt with already, and then it is not appended again, as in Close.
    private async Task<Result<Done>> Own(OrderId order, int quantity, CommandKey command, Func<Stock, Result<Events<StockEvent>>> decide)
    {
        var known = await Query(s => s.Holds.Of(order) is not { Term.Until: not null }) && await Knows(command);
        return known
            ? await Query(s => Owned(s, order, quantity), recent: true)
            : await Decide<Done>(CommandKey.None, decide, s => Owned(s, order, quantity));
    }

    private async Task<Result<Done>> End(OrderId order, bool again, params Func<Stock, Result<Events<StockEvent>>>[] doors)
    {
        var held = await Query(s => s.Holds.Of(order) is not null);
        foreach (var door in doors) await Close(door);
        if (await Query(s => s.Holds.Of(order) is { } hold && (again || !hold.Again))) return await Apply(s => s.Release(order, again));
        // Whoever had a hold has reserved it.
        if (!held) await Close(s => s.Release(order));
        return Done.Value;
    }

    // A door that is closed already is not closed again: an append that is lost for sure would hold up everybody else's.
    private async Task Close(Func<Stock, Result<Events<StockEvent>>> door)
    {
        if (!await Knows(door(Folded).Value.Command)) await Apply(door);
    }

    private Result<Done> Owned(Stock s, OrderId order, int quantity) =>
        s.Holds.Of(order) is not null ? Done.Value : s.WhyNotOwned(order, quantity, Now) ?? StockErrors.ReservationClosed(order);

    private StockView View(Stock s) => s.View(Now, Version);
}
