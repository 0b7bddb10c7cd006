using System.Text;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Access;

/// <summary>Deny by default: a request passes when its route declares a policy and the caller fits it. Nobody's order is told apart from no order.</summary>
internal sealed class Gate(RequestDelegate next, Secrets secrets)
{
    private const string Scheme = "Bearer ", BrowserScheme = "Basic ";

    public Task InvokeAsync(HttpContext http)
    {
        // Endpoints without a route are the router's own answers: 405 and 415.
        if (http.GetEndpoint() is not RouteEndpoint route) return next(http);

        if (route.Metadata.GetMetadata<Policy>() is { InBrowser: true }) TakeFromBrowser(http.Request);
        var (caller, sent) = Identify(http);
        if (Refuse(http, route, caller, sent) is { } refusal) return http.Refuse(refusal);

        http.Caller(caller!);
        RequestContext.Set(CallContext.Actor, caller!.Actor);
        RequestContext.Set(CallContext.Correlation, http.TraceId());
        return next(http);
    }

    private static Refusal? Refuse(HttpContext http, RouteEndpoint route, Caller? caller, bool sent) =>
        (route.Metadata.GetMetadata<Policy>()?.To, caller) switch
        {
            (null, _) => Refusals.Undeclared,
            (_, null) => Refusals.TokenUnknown,
            (Audience.Public, _) or (_, { IsOperator: true }) => null,
            _ when !sent => Refusals.TokenNeeded,
            (Audience.Order, { Order: { } order }) => order.Value == http.Request.RouteValues["id"] as string ? null : OrderErrors.NotFound,
            _ => Refusals.OperatorsOnly,
        };

    // The password becomes the token, for this gate and for whoever the request is passed on to.
    private static void TakeFromBrowser(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!HttpMethods.IsGet(request.Method) || !header.StartsWith(BrowserScheme, StringComparison.OrdinalIgnoreCase)) return;
        var credentials = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[BrowserScheme.Length..].Trim(), credentials, out var length)) return;
        if (Encoding.UTF8.GetString(credentials, 0, length).Split(':', 2) is [_, var password]) request.Headers.Authorization = Scheme + password;
    }

    // A token that is sent must be one of ours, also where none is needed: a mistyped one is told at once.
    private (Caller? Caller, bool Sent) Identify(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0) return (Caller.Guest, false);
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return (null, true);
        var token = header[Scheme.Length..].Trim();
        if (secrets.IsOperator(token)) return (Caller.Operator, true);
        return (secrets.OrderOf(token) is { } order ? new Caller(false, order) : null, true);
    }
}
