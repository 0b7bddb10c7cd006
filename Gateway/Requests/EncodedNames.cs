using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Commerce.Gateway.Requests;

/// <summary>
/// A SKU, and a cart line named after it, may hold a slash or a percent sign. The server leaves <c>%2F</c> in a path as it is and decodes the rest, so
/// that afterwards nobody can tell which was meant: such a name is read again from the address as it was sent.
/// </summary>
internal static class EncodedNames
{
    private static readonly string[] Names = ["sku", "lineId"];

    public static void Restore(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint { RoutePattern: var pattern }) return;
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!target.Contains("%2", StringComparison.Ordinal)) return;

        var path = target.Split('?', 2)[0].TrimStart('/').Split('/');
        foreach (var (place, segment) in pattern.PathSegments.Index())
            if (segment.Parts is [RoutePatternParameterPart { Name: var name }] && Names.Contains(name) && place < path.Length)
                http.Request.RouteValues[name] = Uri.UnescapeDataString(path[place]);
    }
}
