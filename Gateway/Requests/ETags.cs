using System.Globalization;
using Commerce.Gateway.Problems;
using Commerce.Kernel;

namespace Commerce.Gateway.Requests;

/// <summary>An aggregate's version as an ETag: <c>"7"</c>.</summary>
internal static class ETags
{
    /// <summary>The ETag of a version.</summary>
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version the caller has seen, from <c>If-Match</c>; null when it does not say or says <c>*</c>.</summary>
    public static Result<long?> IfMatch(this HttpRequest request)
    {
        var header = request.Headers.IfMatch.ToString().Trim();
        if (header is "" or "*") return new Result<long?>((long?)null);
        return header.Length > 2 && header[0] == '"' && header[^1] == '"'
            && long.TryParse(header.AsSpan(1, header.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                ? new Result<long?>(version)
                : new Result<long?>(Refusals.Invalid("If-Match", "If-Match is the ETag as it was read, in quotes: \"7\"."));
    }

    /// <summary>Whether the caller has this version already.</summary>
    public static bool HasAlready(this HttpRequest request, string etag) =>
        HttpMethods.IsGet(request.Method) && request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Contains(etag);
}
