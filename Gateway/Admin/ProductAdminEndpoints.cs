using Commerce.Catalog;
using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Products;
using Commerce.Gateway.Requests;
using Commerce.Kernel;

namespace Commerce.Gateway.Admin;

/// <summary>Products and prices, for operators.</summary>
internal static class ProductAdminEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var products = routes.MapGroup("/v1/admin/products").WithTags("Admin: products").OperatorsOnly();
        products.MapPost("", Create).Produces<ProductBody>(StatusCodes.Status201Created).WithSummary("Creates a product, for sale at once; the same again finds it.");
        products.MapGet("{sku}", Get).WithSummary("A product, for sale or not.");
        var changes = products.MapGroup("{sku}").AddEndpointFilter(ShowAtOnce);
        changes.MapPut("", Revise).WithMetadata(ReadsHeader.IfMatch(needed: true)).WithSummary("Changes the words; needs If-Match.");
        changes.MapPost("prices", SetPrice).WithSummary("Sets the price of one unit, from now on or for a time.");
        changes.MapPost("archive", Archive).WithSummary("Takes it off sale.");
        changes.MapPost("publish", Publish).WithSummary("Puts it on sale again.");
    }

    // Whatever came of it: a change whose answer was lost may have been made.
    private static async ValueTask<object?> ShowAtOnce(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        try
        {
            return await next(call);
        }
        finally
        {
            call.HttpContext.RequestServices.GetRequiredService<ProductPages>().Forget(call.GetArgument<Sku>(0));
        }
    }

    private static async Task<Answer<ProductBody>> Create(CreateProduct body, HttpContext http, Shop shop)
    {
        if (!Sku.TryParse(body.Sku, out var sku)) return KernelErrors.Invalid("/sku", $"A SKU has {Sku.Form}.");
        var price = body.Price.Read("/price");
        if (!price.Ok) return price.Refusal!;
        var known = (await shop.Product(sku).Get()).Ok;
        var created = await shop.Product(sku).Create(Idempotency.Of(http), body.Title, body.Description ?? "", price.Value);
        return created.Ok
            ? Answer<ProductBody>.Of(
                ProductBody.Of(created.Value), created.Value.Version, known ? StatusCodes.Status200OK : StatusCodes.Status201Created,
                $"/v1/products/{Uri.EscapeDataString(sku.Value)}", created.Repeated, until: created.Value.PricesUntil)
            : created.Refusal!;
    }

    private static async Task<Answer<ProductBody>> Get(Sku sku, Shop shop) => (await shop.Product(sku).Get()).Show();

    private static async Task<Answer<ProductBody>> Revise(Sku sku, ReviseProduct body, HttpContext http, Shop shop) => http.Request.IfMatch() switch
    {
        { Ok: false } malformed => malformed.Refusal!,
        { Value: { } seen } => (await shop.Product(sku).Revise(CommandKey.None, seen, body.Title, body.Description ?? "")).Show(),
        _ => Refusals.IfMatchNeeded,
    };

    private static async Task<Answer<ProductBody>> SetPrice(Sku sku, SetPrice body, HttpContext http, Shop shop) => body.Price.Read("/price") switch
    {
        { Ok: true } price => (await shop.Product(sku).SetPrice(Idempotency.Of(http), price.Value, body.From, body.To)).Show(),
        var wrong => wrong.Refusal!,
    };

    private static async Task<Answer<ProductBody>> Archive(Sku sku, HttpContext http, Shop shop) => (await shop.Product(sku).Archive(Idempotency.Of(http))).Show();

    private static async Task<Answer<ProductBody>> Publish(Sku sku, HttpContext http, Shop shop) => (await shop.Product(sku).Publish(Idempotency.Of(http))).Show();

    private static Answer<ProductBody> Show(this Result<ProductView> result) => result.Answer(ProductBody.Of, product => product.Version, product => product.PricesUntil);
}
