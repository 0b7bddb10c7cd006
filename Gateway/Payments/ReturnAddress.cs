using Commerce.Gateway.Composition;
using Commerce.Kernel;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Commerce.Gateway.Payments;

/// <summary>
/// Where a provider's page sends shoppers back to: the shop's own page for the order, which shows how it stands or passes them on to a page of the shop's front end. Its key opens that page and
/// nothing else, for it is seen by the provider; where it passes them on to is signed with it.
/// </summary>
public sealed class ReturnAddress(GatewayOptions options, Secrets secrets, IServer server)
{
    private const int Longest = 500;

    private static readonly Refusal Foreign = KernelErrors.Invalid("/returnUrl", "'returnUrl' is a page of this shop: a path such as /thanks, or an address of the shop's own origin.");

    // Never from the request: whoever sends it could name another shop. Without a setting it is where this process listens.
    private Uri Origin => options.PublicOrigin ?? new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The address for an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="then">A page of the shop to go on to once it is known how the order stands; null: none.</param>
    public Result<string> Of(OrderId order, string? then)
    {
        if (then is null) return PageOf(order, null);
        return then.Length <= Longest && !then.Contains('\\') && Uri.TryCreate(Origin, then, out var page) && page.UserInfo.Length == 0
            && Uri.Compare(page, Origin, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
            ? PageOf(order, page.AbsoluteUri)
            : Foreign;
    }

    /// <summary>Whether a key opens an order's page. An empty page to go on to would be signed like none, and was never given out.</summary>
    public bool Opens(OrderId order, string? then, string? key) => key is not null && then is not "" && secrets.IsPageKey(order, then, key);

    private string PageOf(OrderId order, string? then) =>
        new Uri(Origin, $"/pay/{order}?key={secrets.PageKey(order, then)}{(then is null ? "" : $"&then={Uri.EscapeDataString(then)}")}").AbsoluteUri;
}
