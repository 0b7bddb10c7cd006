using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Commerce.Gateway.Requests;

/// <summary>
/// A SKU may hold a slash or a percent sign. The server leaves <c>%2F</c> in a path as it is and decodes the rest, so that afterwards nobody can
/// tell which was meant: such a SKU is read again from the address as it was sent.
/// </summary>
internal static class EncodedSkus
{
    public static void Restore(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint { RoutePattern: var pattern } || !http.Request.RouteValues.ContainsKey("sku")) return;
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!target.Contains("%2", StringComparison.Ordinal)) return;

        var place = pattern.PathSegments.ToList().FindIndex(segment => segment.Parts is [RoutePatternParameterPart { Name: "sku" }]);
        var path = target.Split('?', 2)[0].TrimStart('/').Split('/');
        if (place >= 0 && place < path.Length) http.Request.RouteValues["sku"] = Uri.UnescapeDataString(path[place]);
    }
}
