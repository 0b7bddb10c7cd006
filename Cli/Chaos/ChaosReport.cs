using System.Globalization;
using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Chaos;

/// <summary>How often a fault hit a victim that owned work, and how much in all.</summary>
internal sealed record FaultCount(string Id, int Hits, long OwnedWork);

/// <summary>A deliberately broken build, and whether it was caught.</summary>
internal sealed record BrokenBuild(string Name, bool Caught, IReadOnlyList<string> By);

/// <summary>What a run came to.</summary>
/// <param name="Ok">Nothing was found, and every fault hit a victim that owned work.</param>
/// <param name="Gaps">Seconds a client waited at the longest, by fault.</param>
internal sealed record ChaosReport(
    bool Ok, int Seed, int Acknowledged, IReadOnlyList<FaultCount> Faults, IReadOnlyList<BrokenBuild> Broken, IReadOnlyDictionary<string, double> Gaps, IReadOnlyList<Finding> Findings, string? Kept)
{
    public IEnumerable<string> Lines()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"seed {Seed}: {Acknowledged} orders acknowledged");
        foreach (var fault in Faults)
            yield return string.Create(CultureInfo.InvariantCulture, $"{fault.Id,-4} {fault.Hits} hit{(fault.Hits == 1 ? "" : "s")}, {fault.OwnedWork} in hand{(Gaps.TryGetValue(fault.Id, out var gap) ? $", a client waited {gap:0.0} s at the longest" : "")}");
        foreach (var finding in Findings) yield return $"FAILED {finding.Name} ({finding.Count}): {finding.First}";
        foreach (var build in Broken) yield return $"{(build.Caught ? "caught " : "MISSED ")} {build.Name}{(build.By.Count > 0 ? $": {string.Join(", ", build.By)}" : "")}";
        if (Kept is not null) yield return $"History, logs and databases are kept in {Kept}.";
        yield return Ok ? "ok" : "FAILED";
    }
}
