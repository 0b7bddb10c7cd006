using System.Collections.Immutable;
using Commerce.Customers;
using Commerce.Feeds;
using Commerce.Kernel;
using Microsoft.Extensions.Logging;

namespace Commerce.Orders;

[GrainType("order"), Role("order")]
internal sealed partial class OrderGrain(IJournal journal, TimeProvider time, ISealer sealer, IOrderNumbers numbers, CheckoutTerms terms, ILogger<OrderGrain> log)
    : AggregateGrain<Order, OrderEvent>(journal, time, Order.None, (s, e) => s.Evolve(e)), IOrderGrain, IWakeable
{
    /// <summary>How long a command waits for what follows from it before it answers "still under way".</summary>
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(10);

    /// <summary>How often the provider's books are looked at for a word that comes while the order goes on; after that it is to come again.</summary>
    private const int MostLooks = 5;

    // Its key is kept as bytes, and it is asked for a dozen times in a checkout.
    private OrderId? _id;

    private OrderId Id => _id ??= new(this.GetPrimaryKeyString().Split('/', 2)[1]);

    protected override bool UsuallyNew => true;

    protected override DateTimeOffset? DueAt(Order state) => state.DueAt(terms, Now);

    public async Task<Result<OrderView>> Place(PlaceOrder order)
    {
        var placed = Folded.AsPlaced ?? await Prepared(order);
        if (!placed.Ok) return placed.Refusal!;
        var mine = false;
        var result = await Begin(order.Command, s =>
        {
            mine = s.Placed is null;
            return s.Place(placed.Value);
        }, View);
        if (mine && result is { Ok: true, Repeated: false } && Version == 1) _knowsAll = true;
        _ = Go();
        return result;
    }

    public async Task<Result<OrderView>> Get()
    {
        var (view, recipient) = await Query(s => (s.Placed is null ? null : View(s), s.Recipient));
        return view is null ? OrderErrors.NotFound : view with { Recipient = await sealer.Open(recipient!) };
    }

    public async Task<Result<OrderView>> WhenSettled(TimeSpan patience)
    {
        using var enough = new CancellationTokenSource(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, Time);
        for (var first = true; ; first = false)
        {
            var change = _changed.Task;
            var (moving, view) = await Query(s => s.Moving() && !enough.IsCancellationRequested ? (true, null) : (false, s.Placed is null ? null : View(s)));
            if (!moving) return view is null ? OrderErrors.NotFound : view;
            // Where the order lived before, its process may have died with the silo.
            if (first && _running is not { IsCompleted: false }) _ = Go();
            await change.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task<Result<ImmutableArray<TimelineEntry>>> Timeline() => !await Query(s => s.Placed is not null)
        ? OrderErrors.NotFound
        : (await Task.WhenAll((await Journal.ReadStream(Stream, 0, int.MaxValue)).Select(Entry))).ToImmutableArray();

    public Task<Result<OrderView>> Pay(CommandKey command, string token) => Command(command, s => s.Pay(Id, token, Now));

    public Task<Result<OrderView>> PayOnPage(CommandKey command, string returnTo) => Command(command, s => s.PayOnPage(Id, returnTo, Now));

    public async Task<Result<OrderView>> PaymentSignal(string operation)
    {
        // The provider's word is of the moment it was given at: what is recorded meanwhile, its money let go of above all, may have made it untrue.
        for (var attempt = 1; attempt <= MostLooks; attempt++)
        {
            var (placed, readAt) = await Query(s => (s.Placed is not null, Version), recent: true);
            if (!placed) return OrderErrors.NotFound;
            var truth = await Payment.Look(operation);
            if (!truth.Ok) return OrderErrors.UnknownOperation(operation);
            // Whatever it is the answer of, the process knows what to make of it, and goes on from there.
            var told = await Command(CommandKey.None, s => Version == readAt ? s.Told(operation, truth.Value, terms, Now) : OrderErrors.MovedOn);
            if (told.Refusal != OrderErrors.MovedOn) return told;
        }

        return OrderErrors.MovedOn;
    }

    public async Task<Result<OrderView>> Cancel(CommandKey command, string reason)
    {
        var (plain, ownWords) = await Said(reason);
        return await Command(command, s => s.Cancel(Id, plain, Now, ownWords));
    }

    public Task<Result<OrderView>> Ship(CommandKey command, ImmutableArray<LineQuantity> lines, DateTimeOffset? occurredAt) =>
        Command(command, s => s.Ship(lines, occurredAt));

    public Task<Result<OrderView>> Deliver(CommandKey command, string? shipment, DateTimeOffset? occurredAt) =>
        Command(command, s => s.Deliver(shipment, occurredAt, terms, Now));

    public async Task<Result<OrderView>> Return(CommandKey command, ReturnLines lines)
    {
        var (plain, ownWords) = await Said(lines.Reason);
        return await Command(command, s => s.Return(lines with { Reason = plain }, Now, ownWords));
    }

    public Task<Result<OrderView>> Park(CommandKey command, string reason) => Command(command, s => s.Park(reason, terms, Now));

    public Task<Result<OrderView>> Resume(CommandKey command, string reason) => Command(command, s => s.Resume(reason));

    public Task<Result<OrderView>> Skip(CommandKey command, string reason) => Command(command, s => s.Skip(reason, terms, Now));

    public async Task<bool> ExistsOrAbandon() => (await Apply(CommandKey.None, s => s.Abandon(), s => s.Placed is not null)).Value;

    public async Task<bool> Wake()
    {
        await Known();
        var before = Version;
        // The scanner has others to wake, and comes back to this one.
        await Go(tries: 0);
        return Version > before;
    }

    // A command answers with what follows from it, if that comes soon.
    private async Task<Result<OrderView>> Command(CommandKey command, Func<Order, Result<Events<OrderEvent>>> decide)
    {
        var result = await Apply(command, decide, View);
        if (!result.Ok) return result;
        Changed();
        await Task.WhenAny(Go(), Task.Delay(StepPatience, Time));
        return await Get() with { Repeated = result.Repeated };
    }

    // Whether it was placed before is known once its history has been read, and that is asked for only when it matters: when nothing can be sealed any more.
    private async Task<Result<OrderPlaced>> Prepared(PlaceOrder order)
    {
        try
        {
            return await Prepare(order);
        }
        catch (KeyDestroyedException) when (order.Customer is not null)
        {
            await Known();
            return Folded.AsPlaced is { } earlier ? earlier : CustomerErrors.Erased;
        }
    }

    private async Task<OrderPlaced> Prepare(PlaceOrder order) => new(
        await numbers.Next(), order.Cart, order.Customer,
        await sealer.Seal(order.Customer is { } customer ? $"customer/{Keys.Customer(customer)}" : $"order/{Keys.Order(Id)}", order.Recipient),
        order.Currency, order.Lines, order.PaymentToken, order.ReturnsAnyTime, order.OccurredAt ?? Now, order.OccurredAt is not null, Now + terms.ReserveWithin);

    // An operator's reason is none of the customer's data. Anybody else's is sealed as the recipient is, and kept nowhere when that cannot be done any more.
    private async Task<(string Reason, Sealed<string>? OwnWords)> Said(string reason)
    {
        if (RequestContext.Get(CallContext.Actor) is "operator") return (reason, null);
        try
        {
            return ("", await Query(s => s.Placed?.Recipient.Subject) is { } subject ? await sealer.Seal(subject, reason) : null);
        }
        catch (KeyDestroyedException)
        {
            return ("", null);
        }
    }

    private async Task<TimelineEntry> Entry(RecordedEvent e) =>
        new(e.Version, e.Type, e.OccurredAt, e.RecordedAt, e.Actor, OwnWords((OrderEvent)e.Event) is { } box ? await sealer.Open(box) : null);

    private static Sealed<string>? OwnWords(OrderEvent e) => e switch
    {
        CancelRequested x => x.OwnWords,
        ReturnAccepted x => x.OwnWords,
        _ => null,
    };

    private OrderView View(Order s) => s.View(Id, Version);

    [LoggerMessage(LogLevel.Warning, "Order {Order}: step {Step} could not be done now; it is tried again.")]
    private partial void LogUnavailable(Exception error, OrderId order, NextStep step);

    [LoggerMessage(LogLevel.Error, "Order {Order}: {Authorised} was authorised where {Due} is due; it is voided and the order cancelled.")]
    private partial void LogMismatch(OrderId order, Money authorised, Money due);

    [LoggerMessage(LogLevel.Error, "Order {Order}: step {Step} failed.")]
    private partial void LogFailed(Exception error, OrderId order, NextStep step);
}
