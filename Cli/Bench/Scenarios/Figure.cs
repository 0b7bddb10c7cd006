namespace Commerce.Cli.Bench.Scenarios;

/// <summary>A figure of several rounds: the middle one, and how far apart they lie.</summary>
internal sealed record Figure(double Median, double Min, double Max)
{
    /// <summary>Null when there is nothing, or when one of them does not count.</summary>
    public static Figure? Of(IReadOnlyList<double?> values)
    {
        if (values.Count == 0 || values.Any(value => value is null)) return null;
        var sorted = values.Select(value => value!.Value).Order().ToArray();
        var middle = sorted.Length / 2;
        return new Figure(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>The ratio of rounds that stood beside each other in time.</summary>
    public static Figure? Ratio(IReadOnlyList<double?> ours, IReadOnlyList<double?> theirs) =>
        Of([.. ours.Zip(theirs, (mine, other) => other > 0 ? mine / other : null)]);
}
