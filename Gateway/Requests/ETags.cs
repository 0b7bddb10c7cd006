using System.Globalization;
using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Microsoft.Net.Http.Headers;

namespace Commerce.Gateway.Requests;

/// <summary>
/// An aggregate's version as an ETag: <c>"7"</c>; while what it shows holds only until an instant, with that: <c>"7-8de1f2a3b4c5d60"</c>. Of one version each
/// instant at which it changes by itself ends one state, and the last state has no end: one tag means one state.
/// </summary>
internal static class ETags
{
    /// <summary>The ETag of a version, as it shows until an instant.</summary>
    public static string Of(long version, DateTimeOffset? until) =>
        until is { } end ? string.Create(CultureInfo.InvariantCulture, $"\"{version}-{end.UtcTicks:x}\"") : string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>
    /// The version the caller has seen, from <c>If-Match</c>; null when it does not say or says <c>*</c>. Of several it is the latest, which alone can be current; nothing is of version 0.
    /// </summary>
    public static Result<long?> IfMatch(this HttpRequest request)
    {
        var header = request.Headers.IfMatch;
        if (string.IsNullOrWhiteSpace(header)) return new Result<long?>((long?)null);
        return EntityTagHeaderValue.TryParseStrictList(header, out var seen)
            ? new Result<long?>(seen.Contains(EntityTagHeaderValue.Any) ? null : seen.Max(VersionOf))
            : new Result<long?>(Refusals.Invalid("If-Match", "If-Match is the ETag as it was read, in quotes: \"7\"."));
    }

    /// <summary>Whether the caller has this version already, as one of several or by a tag that was made weak on the way (RFC 9110, 13.1.2).</summary>
    public static bool HasAlready(this HttpRequest request, string etag) =>
        HttpMethods.IsGet(request.Method) && EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var seen)
        && seen.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(new(etag), useStrongComparison: false));

    // What is changed is the version; that a price has changed by itself meanwhile does no harm.
    private static long VersionOf(EntityTagHeaderValue tag) =>
        !tag.IsWeak && tag.Tag.ToString().Trim('"').Split('-', 2) is [var number, .. var until]
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        && until.All(ticks => long.TryParse(ticks, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
            ? version
            : 0;
}
