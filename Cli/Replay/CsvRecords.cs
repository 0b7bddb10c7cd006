using System.Text;

namespace Commerce.Cli.Replay;

/// <summary>A record of a CSV file.</summary>
/// <param name="Line">The line it begins on, from 1.</param>
internal readonly record struct CsvRecord(int Line, string[] Fields);

/// <summary>
/// Comma-separated values as RFC 4180 has them: fields in quotation marks may hold commas, line breaks and doubled quotation marks. Nothing is
/// guessed: a quotation mark anywhere else is an error, because a guess would move money.
/// </summary>
internal static class CsvRecords
{
    public static IEnumerable<CsvRecord> Read(string text, Func<int, string, Exception> broken)
    {
        var (at, line) = (0, 1);
        var fields = new List<string>();
        while (at < text.Length)
        {
            if (IsBreak(text, at, out var width))
            {
                at += width;
                line++;
                continue;
            }

            var begins = line;
            fields.Clear();
            while (true)
            {
                fields.Add(at < text.Length && text[at] == '"' ? Quoted(text, ref at, ref line, begins, broken) : Plain(text, ref at, line, broken));
                if (at >= text.Length || text[at] != ',') break;
                at++;
            }

            if (at < text.Length)
            {
                if (!IsBreak(text, at, out width)) throw broken(line, "text follows a field's closing quotation mark.");
                at += width;
                line++;
            }

            yield return new CsvRecord(begins, [.. fields]);
        }
    }

    private static string Plain(string text, ref int at, int line, Func<int, string, Exception> broken)
    {
        var end = text.AsSpan(at).IndexOfAny(",\r\n\"");
        var from = at;
        at = end < 0 ? text.Length : at + end;
        if (at < text.Length && text[at] == '"')
            throw broken(line, "a quotation mark inside a plain field; put the field in quotation marks and double those inside it.");
        return text[from..at];
    }

    private static string Quoted(string text, ref int at, ref int line, int begins, Func<int, string, Exception> broken)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '\n') line++;
            if (text[at] != '"')
            {
                field.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                at++;
                return field.ToString();
            }
        }

        throw broken(begins, "a field's closing quotation mark is missing.");
    }

    private static bool IsBreak(string text, int at, out int width)
    {
        width = text[at] == '\n' ? 1 : text[at] == '\r' ? at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1 : 0;
        return width > 0;
    }
}
