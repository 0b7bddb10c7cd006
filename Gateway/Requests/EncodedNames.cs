using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Commerce.Gateway.Requests;

/// <summary>
/// A SKU, and a cart line named after it, may hold a slash or a percent sign. The server leaves <c>%2F</c> in a path as it is and decodes the rest, so
/// that afterwards nobody can tell which was meant: such a name is read again from the address as it was sent.
/// </summary>
internal static class EncodedNames
{
    private const string Slash = "%2F";

    private static readonly string[] Names = ["sku", "lineId"];

    public static void Restore(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint { RoutePattern: var pattern }) return;
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!target.Contains("%2", StringComparison.Ordinal)) return;

        var sent = PathOf(target);
        if (!IsServedAsSent(sent, http.Request.Path))
        {
            // Its segments are no longer those that were sent. Without an encoded slash they are right as they are; with one nobody can tell, and there is nothing.
            if (sent.Contains(Slash, StringComparison.OrdinalIgnoreCase)) http.SetEndpoint(null);
            return;
        }

        var path = sent.TrimStart('/').Split('/');
        foreach (var (place, segment) in pattern.PathSegments.Index())
            if (segment.Parts is [RoutePatternParameterPart { Name: var name }] && Names.Contains(name) && place < path.Length)
                http.Request.RouteValues[name] = Uri.UnescapeDataString(path[place]);
    }

    // A proxy may send the whole address: http://shop.example.org/v1/products/A%20B.
    private static string PathOf(string target)
    {
        var path = target.Split('?', 2)[0];
        if (path.StartsWith('/') || path.IndexOf("://", StringComparison.Ordinal) is not (>= 0 and var scheme)) return path;
        return path.IndexOf('/', scheme + 3) is >= 0 and var from ? path[from..] : "/";
    }

    // The server takes dot segments out, and of a whole address it decodes slashes, too.
    private static bool IsServedAsSent(string sent, PathString served) =>
        Uri.UnescapeDataString(sent.Replace(Slash, "%252F", StringComparison.OrdinalIgnoreCase)).Equals(served.Value, StringComparison.OrdinalIgnoreCase);
}
