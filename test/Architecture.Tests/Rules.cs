using System.Text.RegularExpressions;

namespace Commerce.Architecture.Tests;

/// <summary>The rules, as functions of what they look at: each answers the offences, so that a twin can show it bites.</summary>
internal static partial class Rules
{
    /// <summary>Who may reference whom (docs/architecture.md): the whole list of each project.</summary>
    private static readonly Dictionary<string, string[]> MayReference = new(StringComparer.Ordinal)
    {
        ["Grains.Abstractions"] = [],
        ["Grains"] = ["Grains.Abstractions"],
        ["Orleans.Streams.RabbitMQ"] = [],
        ["ServiceDefaults"] = [],
        ["Silo"] = ["Grains", "Orleans.Streams.RabbitMQ", "ServiceDefaults"],
        ["Analytics"] = ["Grains.Abstractions", "Orleans.Streams.RabbitMQ", "ServiceDefaults"],
        ["Gateway"] = ["Grains.Abstractions", "ServiceDefaults"],
        ["Servers"] = [],
        ["Cli"] = ["Grains.Abstractions", "Grains", "Orleans.Streams.RabbitMQ", "Silo", "Analytics", "Gateway", "Servers", "PspSimulator"],
    };

    /// <summary>What the root may hold; all else lives in docs/.</summary>
    private static readonly string[] AllowedMarkdown = ["README.md", "CONTRIBUTING.md", "LICENSE.md"];

    public static IEnumerable<string> References(string project, IEnumerable<string> references) =>
        MayReference.TryGetValue(project, out var allowed)
            ? references.Except(allowed).Select(reference => $"{project} references {reference}")
            : [$"{project} is not in the table of projects"];

    public static IEnumerable<string> ClockAndChance(SourceFile file) =>
        ClockOrChance().Matches(file.Code).Select(match => $"{file.Path}: {match.Value}");

    public static IEnumerable<string> FloatingPoint(SourceFile file) =>
        Floating().Matches(file.Code).Select(match => $"{file.Path}: {match.Value}");

    /// <summary>A pure rule file does not touch the runtime: no grain, no call, no task, no journal.</summary>
    public static IEnumerable<string> Runtime(SourceFile file) => RuntimeUse().Matches(file.Code).Select(match => $"{file.Path}: {match.Value}");

    public static IEnumerable<string> Names(SourceFile file) => TypeNames().Matches(file.Code).Select(match => match.Groups["name"].Value)
        .Where(name => ForbiddenName().IsMatch(name)).Select(name => $"{file.Path}: {name}");

    public static IEnumerable<string> Length(SourceFile file) => file.Lines > 400 ? [$"{file.Path}: {file.Lines} lines"] : [];

    public static IEnumerable<string> Markdown(IEnumerable<string> names) =>
        names.Where(name => name.EndsWith(".md", StringComparison.OrdinalIgnoreCase)).Except(AllowedMarkdown);

    /// <summary>Paths in backticks that are not in the tree; X stands for any name.</summary>
    public static IEnumerable<string> MissingPaths(string text, Func<string, bool> exists) => DocumentedPath().Matches(text)
        .Select(match => match.Groups["path"].Value).Where(path => !path.Contains("/X", StringComparison.Ordinal) && !exists(path)).Distinct();

    public static bool IsRuleFile(string path) =>
        path.StartsWith("Grains/", StringComparison.Ordinal) && !path.StartsWith("Grains/Kernel/", StringComparison.Ordinal)
        && !path.EndsWith("Grain.cs", StringComparison.Ordinal) && !path.EndsWith("Composition.cs", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(DateTime(Offset)?\.(Utc)?Now|Guid\.NewGuid|Random\.Shared|new Random\b|RandomNumberGenerator|Stopwatch|Environment\.TickCount\w*|TimeProvider\.System|Task\.Run|Thread\.Sleep|Parallel\.)")]
    private static partial Regex ClockOrChance();

    [GeneratedRegex(@"\b(double|float|Half|Double|Single)\b(?!\s*\()")]
    private static partial Regex Floating();

    [GeneratedRegex(@"\b(GrainFactory|IGrainFactory|IJournal|AggregateGrain|RequestContext|IClusterClient|IGrainContext|async|await|Task<)")]
    private static partial Regex RuntimeUse();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(class\s+|struct\s+)?(?<name>[A-Z]\w*)")]
    private static partial Regex TypeNames();

    [GeneratedRegex(@"(Helper|Util|Utils|Utility|Manager|Impl)s?$|^I[A-Z]\w*Service$")]
    private static partial Regex ForbiddenName();

    [GeneratedRegex(@"`(?<path>(Grains|Grains\.Abstractions|Silo|Gateway|Analytics|Cli|test|docs)/[\w./-]*\w)`")]
    private static partial Regex DocumentedPath();
}
