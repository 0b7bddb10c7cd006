using System.Net;
using Commerce.Gateway.Access;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Payments;

/// <summary>
/// The shop's own page for paying an order: where the shopper comes back to, and may come from. It says <em>confirming</em> until the truth is known. Opening it, again, in two tabs or after
/// going back, only makes the order look, and that no more often than <see cref="Looks"/> allows.
/// </summary>
internal static class PayPage
{
    private const int RefreshSeconds = 2;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/pay/{id}", Show).Allows(Audience.Public).ExcludeFromDescription();
        routes.MapPost("/pay/{id}", Pay).Allows(Audience.Public).ExcludeFromDescription();
    }

    private static async Task<IResult> Show(OrderId id, HttpContext http, Shop shop, ReturnAddress address, Looks looks, GatewayOptions options, string? key = null, string? then = null)
    {
        if (!address.Opens(id, then, key)) return new Refused(OrderErrors.NotFound);
        var read = await shop.Order(id).Get();
        if (!read.Ok) return new Refused(read.Refusal!);
        var order = read.Value;
        if (IsPaying(order) && order.Operations.LastOrDefault() is { } operation && looks.Allow(id))
        {
            var told = await shop.Order(id).PaymentSignal(operation.Key);
            if (told.Ok) order = told.Value;
        }

        if (then is not null && !IsUnderWay(order)) return Results.Redirect(then);
        return new Page(order, options.Payments.PageUrl);
    }

    private static async Task<IResult> Pay(OrderId id, Shop shop, ReturnAddress address, GatewayOptions options, string? key = null, string? then = null)
    {
        if (!address.Opens(id, then, key) || !options.Payments.HasPage) return new Refused(OrderErrors.NotFound);
        var returnTo = address.Of(id, then);
        var asked = await shop.Order(id).PayOnPage(CommandKey.None, returnTo.Value);
        // Paid meanwhile, or its page not there yet: this page says so.
        return Results.Redirect(asked is { Ok: true, Value.PaymentPage: { } page } ? page : returnTo.Value);
    }

    private static bool IsPaying(OrderView order) => order.Status is OrderStatus.Authorising or OrderStatus.PaymentUncertain;

    private static bool IsUnderWay(OrderView order) => IsPaying(order) || order.Status is OrderStatus.Placed or OrderStatus.Reserving or OrderStatus.Cancelling;

    private sealed class Page(OrderView order, Uri? provider) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var (state, text, more) = Words(order);
            var headers = httpContext.Response.Headers;
            headers.CacheControl = "no-store";
            headers["Referrer-Policy"] = "no-referrer";
            headers.XContentTypeOptions = "nosniff";
            headers.ContentSecurityPolicy = $"default-src 'none'; form-action 'self' {provider?.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}; frame-ancestors 'none'; base-uri 'none'";
            httpContext.Response.ContentType = "text/html; charset=utf-8";
            return httpContext.Response.WriteAsync($"""
                <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Order {Safe(order.Number)}</title>{(IsUnderWay(order) ? $"<meta http-equiv=\"refresh\" content=\"{RefreshSeconds}\">" : "")}</head>
                <body data-state="{state}"><h1>Order {Safe(order.Number)}</h1><p role="status">{text}</p>{more}</body></html>
                """, httpContext.RequestAborted);
        }

        private static (string State, string Text, string More) Words(OrderView order) => order.Status switch
        {
            OrderStatus.AwaitingPayment => ("unpaid", $"{Safe($"{order.Total}")} to pay.", "<form method=\"post\"><button>Pay</button></form>"),
            OrderStatus.Authorising when order.PaymentPage is { } page => ("confirming", "Confirming your payment …", $"<p>Not paid yet? <a href=\"{Safe(page)}\">Back to the payment</a></p>"),
            OrderStatus.Placed or OrderStatus.Reserving or OrderStatus.Authorising or OrderStatus.PaymentUncertain => ("confirming", "Confirming your payment …", ""),
            OrderStatus.Cancelling => ("confirming", "This order is being cancelled …", ""),
            OrderStatus.Cancelled or OrderStatus.Expired or OrderStatus.Rejected => ("over", "This order came to nothing, and no money is kept for it. The cart can be checked out again.", ""),
            OrderStatus.Parked => ("held", "We are looking into this order and will come back to you.", ""),
            _ => ("paid", "Thank you: the order is confirmed.", ""),
        };

        private static string Safe(string text) => WebUtility.HtmlEncode(text);
    }
}
