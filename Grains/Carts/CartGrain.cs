using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Carts;

[GrainType("cart"), Role("cart")]
internal sealed class CartGrain(IJournal journal, TimeProvider time)
    : AggregateGrain<Cart, CartEvent>(journal, time, Cart.Unknown, (s, e) => s.Evolve(e)), ICartGrain, IWakeable
{
    private Cart? _viewed;
    private CartView? _view;

    private CartId Id => CartId.FromStored(this.GetPrimaryKeyString().Split('/', 2)[1]);

    protected override bool UsuallyNew => true;

    protected override string SnapshotFormat => "cart.v1";

    protected override DateTimeOffset? DueAt(Cart state) => state.Status switch
    {
        CartStatus.Open => CartTerms.Expires(Now),
        CartStatus.Frozen => state.FrozenAt + CartTerms.PlaceWithin,
        _ => null,
    };

    public Task<Result<CartView>> Open(CommandKey command, Currency currency, CustomerId? customer) =>
        Begin(command, s => s.Open(currency, customer), View);

    public Task<Result<CartView>> Add(CommandKey command, ImmutableArray<NewLine> lines) => Apply(command, s => s.Add(lines), View);

    public Task<Result<CartView>> SetQuantity(CommandKey command, string line, int quantity, long? expectedVersion) =>
        Apply(command, s => s.SetQuantity(line, quantity, expectedVersion, Version), View);

    public Task<Result<CartView>> Remove(CommandKey command, string line, long? expectedVersion) =>
        Apply(command, s => s.Remove(line, expectedVersion, Version), View);

    public async Task<Result<CartView>> Merge(CommandKey command, CartId from)
    {
        if (await Reused(command) is { } reused) return reused;
        var other = GrainFactory.Aggregate<ICartGrain>("cart", Keys.Cart(from));

        // Look before asking: a cart that could not be taken in must not be closed. One that was given up for us before says
        // not-found here, and answers below.
        var seen = from == Id ? await Get() : await other.Get();
        if (seen.Ok && await Query(s => s.Merge(Id, from, seen.Value)) is { Ok: false } refused) return refused.Map(_ => seen.Value);

        var given = await other.GiveUp(Id);
        return given.Ok ? await Apply(command, s => s.Merge(Id, from, given.Value), View) : given;
    }

    public Task<Result<CartView>> GiveUp(CartId into) => Apply(s => s.GiveUp(Id, into), View);

    public Task<Result<CartView>> Quote(ImmutableDictionary<Sku, UnitPrice> prices) => Apply(s => s.Quote(prices), View);

    public Task<Result<FrozenCart>> Freeze(string key, string? quoteHash, ImmutableDictionary<Sku, UnitPrice> prices) =>
        Apply(s => s.Freeze(Id, key, quoteHash, prices, Now), s => s.Checkout(key));

    public async Task<FrozenCart?> Begun(string key) => (await Apply(s => s.Join(key), s => s.Begun(key))).Value;

    public Task<Result<Done>> Thaw(OrderId order) => Settle(order, s => s.Thaw(order));

    public Task<Result<Done>> Ordered(OrderId order) => Settle(order, s => s.Ordered(order));

    public Task<Result<Done>> Reclaim(OrderId order) => Apply(s => s.Reclaim(order));

    public Task<Result<Done>> Delete(long? expectedVersion) => Apply(s => s.Delete(expectedVersion, Version));

    public Task<Result<CartView>> Get() => Query(s => s.See(View(s)));

    public async Task<bool> Wake()
    {
        var (cart, version) = await Query(s => (s, Version));
        return cart switch
        {
            { Status: CartStatus.Frozen, Order: { } order } when cart.FrozenAt + CartTerms.PlaceWithin <= Now =>
                !await GrainFactory.Aggregate<IOrderGrain>("order", Keys.Order(order)).ExistsOrAbandon() && (await Apply(s => s.Abandon(order))).Ok,
            { Status: CartStatus.Open } when await LastChange(version) + CartTerms.KeepOpen <= Now =>
                (await Apply(s => Version == version ? s.Expire() : Events<CartEvent>.None)).Ok,
            _ => false,
        };
    }

    // Nobody says it again, so that there is nothing to do is believed of the journal only: another activation may know better, or a failover have lost what was done here.
    private async Task<Result<Done>> Settle(OrderId order, Func<Cart, Result<Events<CartEvent>>> decide)
    {
        if (!await Query(s => s.Awaits(order))) await Reread();
        return await Apply(decide);
    }

    // Events carry no time, so the state does not know it; the journal does.
    private async Task<DateTimeOffset?> LastChange(long version) =>
        (await Journal.ReadStream(Stream, version - 1, 1)) is [var last, ..] ? last.RecordedAt : null;

    // A cart is looked at more often than it changes, and the hash in its view is dear.
    private CartView View(Cart cart)
    {
        if (!ReferenceEquals(cart, _viewed)) (_viewed, _view) = (cart, cart.View(Version));
        return _view!;
    }
}
