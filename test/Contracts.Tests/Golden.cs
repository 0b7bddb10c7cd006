using System.Text.Json.Nodes;

namespace Commerce.Contracts;

/// <summary>
/// Lines written once and read for ever. A contract that grows gets a further line; the old one stays, because what it stands for is in
/// somebody's journal or on somebody's wire.
/// </summary>
internal static class Golden
{
    public static string[] Lines(string file) =>
        [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", file)).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>Fails with all complaints, one a line: what is to be added can be copied from there.</summary>
    public static void Check(IEnumerable<string> complaints)
    {
        if (string.Join('\n', complaints) is { Length: > 0 } all) Assert.Fail($"\n{all}");
    }

    /// <summary>What is written today and in no golden line.</summary>
    public static IEnumerable<string> NotYet(string[] golden, IEnumerable<string> today, string file) =>
        today.Except(golden, StringComparer.Ordinal).Select(line => $"Add to golden/{file} (and keep what is there): {line}");

    /// <summary>Golden lines that stand for nothing any more.</summary>
    public static IEnumerable<string> Gone(string[] golden, IEnumerable<string> today, string file) =>
        golden.Except(today, StringComparer.Ordinal).Select(line => $"golden/{file} promises what is gone: {line}");

    /// <summary>Golden lines that are no longer read as what they were written for: reading fails, or a field is lost or changed.</summary>
    public static IEnumerable<string> Unreadable(string[] golden, Func<string, (JsonNode? Wrote, JsonNode? Reads)> read)
    {
        foreach (var line in golden)
        {
            string? wrong;
            try
            {
                var (wrote, reads) = read(line);
                wrong = Lost(wrote, reads, "");
            }
            catch (Exception e)
            {
                wrong = $"{e.GetType().Name}: {e.Message}";
            }

            if (wrong is not null) yield return $"{line}\n  is no longer read as it was written: {wrong}";
        }
    }

    // All that was written is still there; more may have come.
    private static string? Lost(JsonNode? wrote, JsonNode? reads, string at) => (wrote, reads) switch
    {
        (JsonObject a, JsonObject b) => a.Select(p => Lost(p.Value, b[p.Key], $"{at}/{p.Key}")).FirstOrDefault(x => x is not null),
        (JsonArray a, JsonArray b) when a.Count == b.Count => a.Select((x, i) => Lost(x, b[i], $"{at}/{i}")).FirstOrDefault(x => x is not null),
        _ => JsonNode.DeepEquals(wrote, reads) ? null : $"{at} was {wrote?.ToJsonString() ?? "null"} and is {reads?.ToJsonString() ?? "null"}",
    };
}
