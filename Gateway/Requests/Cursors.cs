using System.Buffers.Text;
using System.Text;
using Commerce.Gateway.Problems;
using Commerce.Kernel;

namespace Commerce.Gateway.Requests;

/// <summary>An opaque place to go on after. It names the last item seen, never a count, so that nothing is skipped or shown twice when items come and go.</summary>
internal static class Cursors
{
    /// <summary>Writes a cursor.</summary>
    public static string Of(params ReadOnlySpan<string> parts) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join('\n', parts)));

    /// <summary>Reads a cursor of so many parts; null when none was sent.</summary>
    public static Result<string[]?> Parse(string? cursor, int parts)
    {
        if (string.IsNullOrEmpty(cursor)) return new Result<string[]?>((string[]?)null);
        if (cursor.Length <= 512 && Base64Url.IsValid(cursor) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split('\n') is var read && read.Length == parts)
            return new Result<string[]?>(read);
        return new Result<string[]?>(Refusals.Invalid("cursor", "This is not a cursor of ours; start again without one."));
    }
}
