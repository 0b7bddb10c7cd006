using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>What scenarios are run on: the servers, and the sides, each seeded when it is first wanted.</summary>
internal sealed class Workbench(Lab lab, BenchPlan plan)
{
    private readonly HashSet<string> _seeded = [];

    public Lab Lab => lab;

    public BenchPlan Plan => plan;

    public Terms Terms => plan.Terms;

    public Task<OurSide> Ours(CancellationToken cancel, Spread? spread = null) => Seeded(new OurSide(lab, plan.Port, plan.Relay, spread ?? plan.Spread), cancel);

    /// <summary>The sides that were asked for; with two, a ratio is of the first to the second.</summary>
    public async Task<IReadOnlyList<Side>> Sides(CancellationToken cancel, Spread? spread = null)
    {
        var sides = new List<Side>();
        if (plan.Sides is "both" or "ours") sides.Add(await Ours(cancel, spread));
        if (SkeletonSide.Names.Contains(plan.Sides)) sides.Add(await Seeded(new SkeletonSide(lab, plan.Port, plan.Sides), cancel));
        if (plan.Sides != "ours") sides.Add(await Seeded(new YardstickSide(lab, plan.Port, plan.Relay), cancel));
        return sides;
    }

    private async Task<T> Seeded<T>(T side, CancellationToken cancel) where T : Side
    {
        if (!_seeded.Add(side.Name)) return side;
        Progress.Say($"Seeding {side.Name}: {side.Topology}.");
        await side.Seed(cancel);
        return side;
    }
}

/// <summary>A scenario by its name in the list of goals.</summary>
internal sealed record Scenario(string Id, Func<Workbench, CancellationToken, Task<ScenarioResult>> Run)
{
    public static readonly IReadOnlyList<Scenario> All =
    [
        .. Compared.All.Select(compared => new Scenario(compared.Id, compared.Run)),
        new("S3F", FlashSale.Run),
        new("S5", Mix.Run),
        new("S6", Compared.Browse),
        new("S7", JournalAlone.Run),
        new("S8", AnalyticsLag.Run),
        new("S9", MoreSilos.Run),
        new("S10", Memory.Run),
        new("S11", FirstOrder.Run),
        new("S12", SiloKilled.Run),
    ];
}
