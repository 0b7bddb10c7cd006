using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>Part of S3: 10,000 units for 100,000 buyers. Exactly 10,000 are confirmed, and who comes too late is told so cheaply.</summary>
internal static class FlashSale
{
    private const int Buyers = 100_000;

    private const double RefusalsPerSecond = 30_000;

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var work = new Sale(Buyers);
        var side = await bench.Ours(cancel);
        var round = await Comparison.Round(side, work, bench.Terms, 1, cancel);
        return new ScenarioResult(
            "S3F", $"flash sale: {Stock.FlashUnits:N0} units, {Buyers:N0} buyers", bench.Terms.Connections, null, $"exactly {Stock.FlashUnits:N0} sold; ≥ {RefusalsPerSecond:N0} refusals/s",
            round.Done == Stock.FlashUnits && work.RefusalsPerSecond >= RefusalsPerSecond, round.Audit.Ok, SideResult.Of(side, [round]), Figures: new Dictionary<string, object>
            {
                ["sold"] = round.Done, ["refused"] = round.Refused, ["refusalsPerSecond"] = Math.Round(work.RefusalsPerSecond),
            });
    }

    /// <summary>After the last tenth of a second in which something was sold: from then on there is nothing but refusals.</summary>
    internal static double RefusalsPerSecondOf(Tally tally)
    {
        var soldOut = TimeSpan.FromSeconds(tally.Course.Count / 10.0);
        return tally.Elapsed > soldOut ? tally.Refusals.Skip(tally.Course.Count).Sum() / (tally.Elapsed - soldOut).TotalSeconds : 0;
    }

    private sealed class Sale(int buyers) : Workload
    {
        private readonly Checkouts _warmUp = new(Skus.Uniform.Basket), _sale = new(_ => [Skus.Flash], refusals: true);

        public double RefusalsPerSecond { get; private set; }

        public override async Task Prepare(Stage stage)
        {
            await _warmUp.Prepare(stage);
            await _sale.Fill(stage, buyers);
            Acknowledge(_warmUp.Acknowledged);
        }

        public override async Task<Tally> Measure(Stage stage)
        {
            var tally = Note(await _sale.CheckOut(stage, new Pace()));
            RefusalsPerSecond = RefusalsPerSecondOf(tally);
            return tally;
        }
    }
}
