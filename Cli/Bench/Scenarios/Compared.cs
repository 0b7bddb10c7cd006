using System.Globalization;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>A scenario that is a ratio of two rates: S1 to S4 and S6.</summary>
/// <param name="Goal">The least ratio that is wanted.</param>
/// <param name="GoalAt256">The same at 256 connections, where it is asked for.</param>
internal sealed record Compared(string Id, string Name, Func<Workload> Work, double Goal, double? GoalAt256 = null)
{
    private const int Many = 256;

    /// <summary>Scenarios whose figure is a ratio, in order.</summary>
    public static readonly IReadOnlyList<Compared> All =
    [
        new("S1", "sessions: 5.5 durable adds on the average, then checkout; uniform SKUs", () => new Sessions(Skus.Uniform), 3, 3),
        new("S2", "checkout only, uniform SKUs", () => new Checkouts(Skus.Uniform.Basket), 2, 2.5),
        new("S3", "checkout only, one hot SKU in every cart", () => new Checkouts(Hot), 8),
        new("S4", "checkout only, SKUs by zipf 0.99", () => new Checkouts(Skus.Zipf.Basket), 3),
    ];

    public async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var sides = await bench.Sides(cancel);
        var result = await Run(sides, bench.Terms, GoalAt(bench.Terms.Connections), cancel);
        return bench.Plan.Many && GoalAt256 is { } goal ? result with { Beside = [await Run(sides, bench.Terms.At(Many), goal, cancel)] } : result;
    }

    /// <summary>The least ratio that is wanted at so many connections.</summary>
    public double GoalAt(int connections) => connections == Many && GoalAt256 is { } goal ? goal : Goal;

    /// <summary>S6: product pages, from the silo's own process and through a gateway process before it.</summary>
    public static async Task<ScenarioResult> Browse(Workbench bench, CancellationToken cancel)
    {
        var pages = new Compared("S6", "product pages, silo and gateway in one process", () => new Pages(Skus.Uniform), 2.5);
        var direct = await pages.Run(await bench.Sides(cancel, new Spread(1, Together: true)), bench.Terms, pages.Goal, cancel);
        var through = pages with { Name = "product pages, through a gateway process" };
        return direct with { Beside = [await through.Run(await bench.Sides(cancel, new Spread(1, Together: false)), bench.Terms, 2, cancel)] };
    }

    private async Task<ScenarioResult> Run(IReadOnlyList<Side> sides, Terms terms, double goal, CancellationToken cancel)
    {
        var measured = await Comparison.Run(Id, sides, Work, terms, cancel);
        SideResult? Of(string name) => sides.FirstOrDefault(side => side.Name == name) is { } side ? SideResult.Of(side, measured[name]) : null;
        var ratio = sides.Count == 2
            ? Figure.Ratio([.. measured[sides[0].Name].Select(round => round.Counted)], [.. measured[sides[1].Name].Select(round => round.Counted)])
            : null;
        // A skeleton is no shop: it meets no goal, and says how far one may get.
        var skeleton = sides.OfType<SkeletonSide>().FirstOrDefault();
        return new ScenarioResult(
            Id, skeleton is null ? Name : $"{Name}; a skeleton in the place of ours", terms.Connections, ratio, string.Create(CultureInfo.InvariantCulture, $"≥ {goal} ×"),
            ratio is null || skeleton is not null ? null : ratio.Median >= goal,
            measured.Values.SelectMany(rounds => rounds).All(round => round.Audit.Ok), Of(skeleton?.Name ?? "ours"), Of("yardstick"));
    }

    private static string[] Hot(Random dice) => [Skus.Name(0), .. Skus.Uniform.Basket(dice).Where(sku => sku != Skus.Name(0)).Skip(1)];
}
