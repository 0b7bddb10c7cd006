namespace Commerce.Gateway.ReadModels;

/// <summary>Words of titles and queries, and how alike two of them are. Pure. Similarity is 0 to 1000; equal words have 1000.</summary>
internal static class Words
{
    /// <summary>Below this, a title is not what was asked for.</summary>
    public const int Threshold = 540;

    private const int Equal = 1000, Begins = 950, Contains = 850;

    /// <summary>Lower case, letters and digits only, single spaces.</summary>
    public static string[] Of(string text) =>
        new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Three letters at a time.</summary>
    public static IEnumerable<string> Trigrams(string word) => Enumerable.Range(0, Math.Max(word.Length - 2, 0)).Select(i => word.Substring(i, 3));

    /// <summary>How well a title answers a query: each word of the query by its best match, longer words counting more.</summary>
    public static int Score(IReadOnlyList<string> query, IReadOnlyList<string> title) =>
        query.Sum(word => word.Length * title.Max(other => Similarity(word, other))) / query.Sum(word => word.Length);

    /// <summary>How alike two words are.</summary>
    public static int Similarity(string asked, string word)
    {
        if (asked == word) return Equal;
        if (asked.Length >= 2 && word.StartsWith(asked, StringComparison.Ordinal)) return Begins;
        if (asked.Length >= 4 && word.Contains(asked, StringComparison.Ordinal)) return Contains;
        var slips = Slips(asked);
        if (slips == 0 || Math.Abs(asked.Length - word.Length) > slips) return 0;
        var distance = Distance(asked, word);
        return distance <= slips ? Equal - Equal * distance / Math.Max(asked.Length, word.Length) : 0;
    }

    /// <summary>How many slips of the keyboard a word may have: none in a short one, where every slip makes another word.</summary>
    public static int Slips(string word) => word.Length switch { < 4 => 0, < 8 => 1, _ => 2 };

    /// <summary>Letters changed, left out, put in, or swapped with their neighbour.</summary>
    public static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var width = b.Length + 1;
        Span<int> table = stackalloc int[3 * 64];
        if (a.Length >= 64 || b.Length >= 64) return int.MaxValue;
        Span<int> before = table[..width], last = table.Slice(64, width), row = table.Slice(128, width);
        for (var j = 0; j < width; j++) last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j < width; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            var spare = before;
            before = last;
            last = row;
            row = spare;
        }

        return last[b.Length];
    }
}
