using System.Globalization;

namespace Commerce.Gateway.Requests;

/// <summary>The <c>Prefer: wait=N</c> header of RFC 7240. A preference that makes no sense is ignored, as the RFC asks.</summary>
internal static class Prefer
{
    /// <summary>Longest wait in seconds; proxies give up on a silent connection soon after.</summary>
    public const int MaxWait = 60;

    /// <summary>How long the caller likes to wait; null when it does not say.</summary>
    public static TimeSpan? Wait(this HttpRequest request)
    {
        foreach (var preference in request.Headers["Prefer"].SelectMany(line => (line ?? "").Split(',', ';')))
        {
            if (preference.Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value] && name.Equals("wait", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(value.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                return TimeSpan.FromSeconds(Math.Min(seconds, MaxWait));
        }

        return null;
    }
}
