using Commerce.Carts;
using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Commerce.Kernel;

namespace Commerce.Gateway.Carts;

/// <summary>Carts. A cart's id is its secret: who knows it may use it, and nobody can list carts.</summary>
internal static class CartEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var carts = routes.MapGroup("/v1/carts").WithTags("Carts").Allows(Audience.Public);
        carts.MapPost("", Open).Produces<CartBody>(StatusCodes.Status201Created).WithSummary("Opens a cart. A guest's Idempotency-Key leads to it: use it for nothing else.");
        carts.MapGet("{id}", Get).WithSummary("A cart.");
        carts.MapDelete("{id}", Delete).WithMetadata(ReadsHeader.IfMatch(needed: false)).Produces(StatusCodes.Status204NoContent).WithSummary("Closes a cart; honours If-Match.");
        carts.MapPost("{id}/lines", Add).WithSummary("Adds one line or up to 1,000, all or none.");
        carts.MapPatch("{id}/lines/{lineId}", SetQuantity).WithMetadata(ReadsHeader.IfMatch(needed: false)).WithSummary("Sets a line's quantity; honours If-Match.");
        carts.MapDelete("{id}/lines/{lineId}", Remove).WithMetadata(ReadsHeader.IfMatch(needed: false)).WithSummary("Takes a line out; honours If-Match.");
        carts.MapPost("{id}/merge", Merge).NeedsKey().WithSummary("Pours another cart into this one, once.");
        carts.MapPost("{id}/quote", Quote).WithSummary("Shows current prices and the quote hash that names them.");
    }

    private static async Task<Answer<CartBody>> Open(OpenCart body, HttpContext http, Shop shop, Secrets secrets)
    {
        var (caller, key) = (http.Caller(), Idempotency.Of(http));
        if (body.Customer is not null && !caller.IsOperator) return Refusals.ImportersOnly("/customer", "customer");
        // A cart's id is its secret: a key that could be guessed must not lead to it, and opening an empty cart twice does no harm.
        if (!Idempotency.IsTheirs(caller, key.Id)) key = CommandKey.None;
        var currency = Currencies.Read(body.Currency, "/currency");
        if (!currency.Ok) return currency.Refusal!;
        CustomerId? customer = null;
        if (body.Customer is { } text)
        {
            if (!CustomerId.TryParse(text, out var named)) return KernelErrors.Invalid("/customer", "A customer's id has 1 to 64 letters, digits, '-' or '_'.");
            customer = named;
        }

        var (id, command) = key.IsGiven ? await Of(caller.Scope, key, shop, secrets) : (CartAddress.New(), key);
        var opened = await shop.Cart(id.Id).Open(command, currency.Value, customer);
        if (opened.Ok) return Answer<CartBody>.Of(CartBody.Of(id, opened.Value), opened.Value.Version, StatusCodes.Status201Created, $"/v1/carts/{id.Text}", opened.Repeated);
        var reused = KernelErrors.KeyReused(key.Id);
        return opened.Refusal!.Code == reused.Code ? reused : opened.Refusal;
    }

    private static async Task<(CartAddress Cart, CommandKey Command)> Of(string scope, CommandKey key, Shop shop, Secrets secrets)
    {
        // A key that has opened a cart of the old kind finds it: an import that is taken up again would order everything twice.
        if (CartAddress.TryParse(secrets.OldCartOf(scope, key.Id), out var old) && (await shop.Cart(old.Id).Get()).Ok) return (old, key);

        // Whoever has the key is answered the cart's id: the journal knows the request by the cart itself.
        var cart = secrets.CartOf(scope, key.Id);
        return (cart, key with { Id = cart.Id.Value });
    }

    private static async Task<Answer<CartBody>> Get(CartAddress id, Shop shop) => (await shop.Cart(id.Id).Get()).Show(id);

    private static async Task<IResult> Delete(CartAddress id, HttpContext http, Shop shop) => http.Request.IfMatch() switch
    {
        { Ok: false } malformed => new Refused(malformed.Refusal!),
        var seen => await shop.Cart(id.Id).Delete(seen.Value) is { Ok: false } refused ? new Refused(refused.Refusal!) : TypedResults.NoContent(),
    };

    private static async Task<Answer<CartBody>> Add(CartAddress id, AddLines body, HttpContext http, Shop shop)
    {
        var cart = await shop.Cart(id.Id).Get();
        if (!cart.Ok) return cart.Refusal!;
        var lines = await CartLines.Read(body, cart.Value.Currency, http.Caller(), shop);
        if (lines.Ok) return (await shop.Cart(id.Id).Add(Idempotency.Of(http), lines.Value)).Point(body).Show(id);

        // What a key has added is there, whatever has become of its goods since; without lines nothing is added.
        var added = await shop.Cart(id.Id).Add(Idempotency.Of(http), []);
        return added.Ok ? added.Show(id) : lines.Refusal!;
    }

    private static async Task<Answer<CartBody>> SetQuantity(CartAddress id, string lineId, SetQuantity body, HttpContext http, Shop shop) =>
        http.Request.IfMatch() is { Ok: true } seen
            ? (await shop.Cart(id.Id).SetQuantity(CommandKey.None, lineId, body.Quantity, seen.Value)).Show(id)
            : http.Request.IfMatch().Refusal!;

    private static async Task<Answer<CartBody>> Remove(CartAddress id, string lineId, HttpContext http, Shop shop) =>
        http.Request.IfMatch() is { Ok: true } seen
            ? (await shop.Cart(id.Id).Remove(CommandKey.None, lineId, seen.Value)).Show(id)
            : http.Request.IfMatch().Refusal!;

    private static async Task<Answer<CartBody>> Merge(CartAddress id, MergeCart body, HttpContext http, Shop shop) =>
        CartAddress.TryParse(body.From, out var from) && from != id
            ? (await shop.Cart(id.Id).Merge(Idempotency.Of(http), from.Id)).Show(id)
            : KernelErrors.Invalid("/from", "Name another cart by its id.");

    private static async Task<Answer<CartBody>> Quote(CartAddress id, Shop shop)
    {
        var cart = await shop.Cart(id.Id).Get();
        if (!cart.Ok) return cart.Refusal!;
        var prices = await CurrentPrices.Of(cart.Value, shop);
        return prices.Ok ? (await shop.Cart(id.Id).Quote(prices.Value)).Show(id) : prices.Refusal!;
    }

    private static Answer<CartBody> Show(this Result<CartView> result, CartAddress id) =>
        result.Answer(cart => CartBody.Of(id, cart), cart => cart.Version);
}
