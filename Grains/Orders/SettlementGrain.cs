using Commerce.Carts;
using Commerce.Inventory;
using Commerce.Kernel;
using Microsoft.Extensions.Logging;

namespace Commerce.Orders;

/// <summary>
/// Settles confirmed orders off the path of the sale: reads them from the orders' own journal, tells their carts, and commits their holds, those of a SKU
/// together. Its own stream remembers how far everything is settled; what comes after that is done again by whoever goes on, and changes nothing. Key: the partition, <c>0</c>.
/// </summary>
[Alias("commerce.ISettlementGrain")]
public interface ISettlementGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that it works.</summary>
    [Alias("Listen")]
    Task Listen();
}

/// <inheritdoc cref="ISettlementGrain"/>
[GrainType("settlement"), Role("order")]
internal sealed partial class SettlementGrain(IJournal journal, TimeProvider time, UnsettledSales unsettled, ILogger<SettlementGrain> log)
    : AggregateGrain<Settlement, SettlementEvent>(journal, time, Settlement.None, (s, e) => s.Evolve(e)), ISettlementGrain, IDisposable
{
    private const int Partition = 0, MostEvents = 500;

    /// <summary>Calls at once; each of the two has its own, so that one service that is away keeps the other waiting only when too many are open.</summary>
    private const int MostTellings = 64, MostBatches = 64;

    /// <summary>Pause between two reads while something is open: runs of events are read together.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(100);

    /// <summary>How often it is written down how far it has come, as long as something is open.</summary>
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ending = new();
    private Task? _running;

    // What is open, and the epoch of the journal it was read in.
    private OpenSales? _open;
    private string? _epoch;

    private int _telling, _committing;
    private DateTimeOffset _complainedAt, _keptAt;

    // Whether anything was settled since it was last written down how far.
    private bool _moved;

    protected override string SnapshotFormat => "settlement.v1";

    public Task Listen()
    {
        if (_running is not { IsCompleted: false }) _running = Run();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        unsettled.Count = 0;
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    public void Dispose() => _ending.Dispose();

    private async Task Run()
    {
        RequestContext.Set(CallContext.Actor, "system");
        var moved = false;
        while (!_ending.IsCancellationRequested)
        {
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            try
            {
                var open = _open ??= await Begin();
                // The signal is asked for before reading: what is appended between the two completes it.
                var appended = Journal.Appended("order", turn.Token);
                var page = await ReadOn(open);
                if (page.Head.Epoch != _epoch)
                {
                    // Positions may mean other events now. What is under way for the old ones ends, and begins nothing.
                    LogMoved(_epoch!, page.Head.Epoch);
                    _open = null;
                    if (moved) throw new InvalidOperationException("The orders' journal answers in one epoch and in another.");
                    moved = true;
                    continue;
                }

                moved = false;
                open.Take(page.Events, Now);
                Settle(open);
                if (!_ending.IsCancellationRequested) unsettled.Count = open.Count;
                await Keep(open);
                // Only who is told of nothing is at the end: another silo may have written behind what this one's memory gave.
                if (page.Events.Count == MostEvents || (open.Count == 0 && page.Events.Count > 0)) continue;
                await (open.Count == 0 ? appended : Task.Delay(Linger, Time, turn.Token));
            }
            catch (Exception) when (_ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogFault(fault);
                await Task.Delay(OpenSales.FirstPause, Time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            finally
            {
                await turn.CancelAsync();
            }
        }
    }

    // The epoch first: when the next page is still of it, so is what was read of its own stream.
    private async Task<OpenSales> Begin()
    {
        _epoch = (await Journal.Head("order", Partition)).Epoch;
        await Reread();
        _keptAt = Now;
        return new OpenSales(Folded.Until(_epoch));
    }

    // With too many open it reads no further: they are in the journal.
    private async Task<FeedPage> ReadOn(OpenSales open) => open.Count >= OpenSales.Most
        ? new FeedPage(await Journal.Head("order", Partition), [])
        : await Journal.ReadFeed("order", Partition, open.Read, MostEvents);

    private void Settle(OpenSales open)
    {
        if (open != _open) return;
        while (_telling < MostTellings && Next(open.NextTelling) is { } telling) _ = Tell(open, telling);
        while (_committing < MostBatches && Next(open.NextBatch) is { } batch) _ = Commit(open, batch);
    }

    // Who lives elsewhere by now begins nothing here.
    private T? Next<T>(Func<DateTimeOffset, T?> next) where T : class => _ending.IsCancellationRequested ? null : next(Now);

    private async Task Tell(OpenSales open, OpenSales.Telling telling)
    {
        _telling++;
        try
        {
            var told = await GrainFactory.Aggregate<ICartGrain>("cart", Keys.Cart(telling.Cart)).Ordered(telling.Sale.Order);
            if (!told.Ok) LogRefused(telling.Sale.Order, told.Refusal!.Code);
            open.Done(telling);
            _moved = true;
        }
        catch (Exception fault)
        {
            Complain(fault, "cart");
            open.Failed(telling, Now);
        }

        _telling--;
        Settle(open);
    }

    private async Task Commit(OpenSales open, OpenSales.Batch batch)
    {
        _committing++;
        try
        {
            await GrainFactory.Aggregate<IStockGrain>("stock", Keys.Stock(batch.Sku)).CommitAll(batch.Orders, batch.OccurredAt);
            open.Done(batch);
            _moved = true;
        }
        catch (Exception fault)
        {
            Complain(fault, "stock");
            open.Failed(batch, Now);
        }

        _committing--;
        Settle(open);
    }

    // Once a second: an outage has as many of these as there are sales.
    private void Complain(Exception fault, string whom)
    {
        if (Now - _complainedAt < OpenSales.FirstPause) return;
        _complainedAt = Now;
        LogAway(fault, whom);
    }

    // Its own events are in the feed it reads: only a sale makes it write another.
    private async Task Keep(OpenSales open)
    {
        if (!_moved || (open.Count > 0 && Now - _keptAt < KeepEvery)) return;
        (_moved, _keptAt) = (false, Now);
        var decided = 0;
        try
        {
            // Once: what is decided anew, after the journal was away, may be on the events of another epoch.
            await Apply(s => decided++ == 0 ? s.Reach(open.Settled, _epoch!) : Events<SettlementEvent>.None);
            _moved |= decided > 1;
        }
        catch
        {
            _moved = true;
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The orders' journal was in epoch {Before} and is now in {Epoch}; sales are settled from what is stored there.")]
    private partial void LogMoved(string before, string epoch);

    [LoggerMessage(LogLevel.Warning, "Confirmed orders could not be read; trying again. Sales go on, on hand falls later.")]
    private partial void LogFault(Exception fault);

    [LoggerMessage(LogLevel.Warning, "A {Whom} could not be told of confirmed orders; trying again. What is available does not depend on it.")]
    private partial void LogAway(Exception fault, string whom);

    [LoggerMessage(LogLevel.Error, "The cart of confirmed order {Order} refused to hear of it: {Code}.")]
    private partial void LogRefused(OrderId order, string code);
}
