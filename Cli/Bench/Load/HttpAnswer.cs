using System.Buffers.Text;

namespace Commerce.Cli.Bench.Load;

/// <summary>An answer of HTTP/1.1 as it lies in a receive buffer. Only what a measurement needs is read: status, where the body is, where the answer ends.</summary>
internal readonly record struct HttpAnswer(int Status, int BodyAt, int Length)
{
    private static ReadOnlySpan<byte> HeaderEnd => "\r\n\r\n"u8;

    /// <summary>False while it is not complete. The body of a chunked answer is left in its chunks.</summary>
    /// <exception cref="FormatException">This is not HTTP/1.1.</exception>
    public static bool TryRead(ReadOnlySpan<byte> received, out HttpAnswer answer)
    {
        answer = default;
        var head = received.IndexOf(HeaderEnd);
        if (head < 0) return false;
        if (!received.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(received[9..12], out int status, out _)) throw new FormatException("The answer is not HTTP/1.1.");

        var headers = received[..head];
        var bodyAt = head + HeaderEnd.Length;
        if (Header(headers, "content-length"u8) is { IsEmpty: false } length)
        {
            if (!Utf8Parser.TryParse(length, out int count, out _)) throw new FormatException("Content-Length is not a number.");
            if (received.Length < bodyAt + count) return false;
            answer = new HttpAnswer(status, bodyAt, bodyAt + count);
            return true;
        }

        var end = bodyAt;
        if (!Header(headers, "transfer-encoding"u8).IsEmpty && !TrySkipChunks(received, ref end)) return false;
        answer = new HttpAnswer(status, bodyAt, end);
        return true;
    }

    /// <summary>The text of a JSON field, by its first appearance; empty when it is not there. Ids hold nothing that JSON would escape.</summary>
    public static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> body, ReadOnlySpan<byte> quotedName)
    {
        var at = body.IndexOf(quotedName);
        if (at < 0) return default;
        var value = body[(at + quotedName.Length)..];
        var open = value.IndexOf((byte)'"');
        if (open < 0) return default;
        value = value[(open + 1)..];
        var close = value.IndexOf((byte)'"');
        return close < 0 ? default : value[..close];
    }

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> lowerName)
    {
        while (headers.IndexOf("\r\n"u8) is >= 0 and var end)
        {
            headers = headers[(end + 2)..];
            if (headers.Length <= lowerName.Length || headers[lowerName.Length] != ':' || !IsName(headers[..lowerName.Length], lowerName)) continue;
            var value = headers[(lowerName.Length + 1)..];
            var stop = value.IndexOf("\r\n"u8);
            return (stop < 0 ? value : value[..stop]).Trim((byte)' ');
        }

        return default;
    }

    private static bool IsName(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerName) => System.Text.Ascii.EqualsIgnoreCase(text, lowerName);

    private static bool TrySkipChunks(ReadOnlySpan<byte> received, ref int at)
    {
        while (true)
        {
            var line = received[at..].IndexOf("\r\n"u8);
            if (line < 0) return false;
            if (!Utf8Parser.TryParse(received.Slice(at, line), out int size, out _, 'x')) throw new FormatException("A chunk has no size.");
            at += line + 2 + size + 2;
            if (at > received.Length) return false;
            if (size == 0) return true;
        }
    }
}
