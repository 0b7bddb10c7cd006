using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Output;

namespace Commerce.Cli.Chaos;

/// <summary>
/// The laboratory tries itself: builds with a promise taken away, each under the faults that need it. A checker that finds nothing there is worth nothing, so
/// each must be caught, and by a check that is about that promise.
/// </summary>
internal static class SelfTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), PayBy = TimeSpan.FromSeconds(5);

    private const int Silos = 2, ShoppersPerSecond = 8;

    /// <summary>How often a silo is frozen at the most, until a race was lost often enough to judge by it.</summary>
    private const int MostFreezes = 12;

    /// <summary>Faults that broke the promise, after which a checker that has found nothing has missed it.</summary>
    private const int Enough = 2;

    private static readonly Broken[] Builds =
    [
        new("no fence: an append that lost a race is written all the same", "fence", ["I1", "I2", "I3", "I4", "I5", "I7", "crowd", "stock-linearizable"],
            seed => [.. Enumerable.Range(0, MostFreezes).Select(freeze => new StaleSilo((freeze % Silos) + 1, seed + freeze))]),
        new("cursor before confirm: the relay's cursor moves over what the broker has not", "cursor-last", ["lost-on-the-wire"], _ => [new KillSilo(1), new KillSilo(2)]),
        new("commit before record: answers and effects go out before their event is durable", "answer-last", ["acknowledged-lost", "I1", "I2", "I3", "I4", "I5"],
            _ => [new KillSilo(1), new KillSilo(2)]),
        new("expiry ignoring now: for orders and stock no time passes", "expiry-by-clock", ["hold-not-free"], _ => []),
    ];

    // A checker that always finds something is worth as little as one that never does.
    private static readonly Broken Whole = new("nothing is taken away", "", [], seed => [new StaleSilo(1, seed), new KillSilo(2)]);

    /// <summary>The promises it takes away.</summary>
    public static IEnumerable<string> Promises => Builds.Select(build => build.Without);

    /// <summary>The promise named; null when none is.</summary>
    public static string? Chosen(string? promise) => promise is null || Promises.Contains(promise)
        ? promise
        : throw new UsageException($"'{promise}' is not a promise the self-test takes away; they are {string.Join(", ", Promises)}.");

    /// <param name="seed">All chance comes from it.</param>
    /// <param name="only">The one promise that is taken away; null for each in turn and the whole build at the end.</param>
    /// <param name="cancel">Ends it early.</param>
    public static async Task<ChaosReport> Run(int seed, string? only, CancellationToken cancel)
    {
        var (builds, acknowledged) = (new List<BrokenBuild>(), 0);
        foreach (var build in Builds.Where(build => only is null || build.Without == only))
        {
            Progress.Say($"Broken build: {build.Name}.");
            var run = new ChaosRun(new RunOptions(seed, TimeSpan.Zero, ShoppersPerSecond, new Setup(Silos, PayBy, build.Without)) { Patience = Patience, Keeps = false });
            var plan = build.Faults(seed);
            var report = await run.Run(Until(() => build.CaughtBy.Any(run.Findings.Has), plan), plan.Length, cancel);
            var by = report.Findings.Select(finding => finding.Name).Where(build.CaughtBy.Contains).ToList();
            builds.Add(new BrokenBuild(build.Name, by.Count > 0, by));
            acknowledged += report.Acknowledged;
            Progress.Say(by.Count > 0 ? $"Caught by {string.Join(", ", by)}: {report.Findings.First(finding => finding.Name == by[0]).First}." : $"MISSED: {plan.Count(Broke)} faults broke the promise, and nothing was found.");
        }

        if (only is not null) return new ChaosReport(builds.All(build => build.Caught), seed, acknowledged, [], builds, new Dictionary<string, double>(), [], null);

        Progress.Say("The whole build, in which nothing may be found.");
        var whole = await new ChaosRun(new RunOptions(seed, TimeSpan.Zero, ShoppersPerSecond, new Setup(Silos, PayBy))).Run(Whole.Faults(seed), 2, cancel);
        return new ChaosReport(
            builds.All(build => build.Caught) && whole.Findings.Count == 0, seed, acknowledged + whole.Acknowledged, whole.Faults, builds, whole.Gaps, whole.Findings, whole.Kept);
    }

    /// <summary>
    /// The faults of a plan until something is found. Whether a race is lost is a matter of milliseconds: a fault that did not break the promise shows nothing of the
    /// checker, and the next one follows. After enough that did, it has missed it.
    /// </summary>
    internal static IEnumerable<Fault> Until(Func<bool> caught, IEnumerable<Fault> plan)
    {
        var broke = 0;
        foreach (var fault in plan)
        {
            if (caught() || broke == Enough) yield break;
            yield return fault;
            if (Broke(fault)) broke++;
        }
    }

    private static bool Broke(Fault fault) => fault is StaleSilo stale ? stale.Lost > 0 : fault.Hit;

    /// <param name="Name">What is broken.</param>
    /// <param name="Without">The promise taken away.</param>
    /// <param name="CaughtBy">The checks that are about it.</param>
    /// <param name="Faults">What it takes to show.</param>
    private sealed record Broken(string Name, string Without, string[] CaughtBy, Func<int, Fault[]> Faults);
}
