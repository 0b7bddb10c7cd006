using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>S9: 1, 2 and 3 silos, each bound to one processor, behind one gateway. Orders per second of processor time say what a silo more costs each order.</summary>
internal static class MoreSilos
{
    private const double Goal = 0.85;

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var figures = new Dictionary<string, object>();
        var perCpuSecond = new List<double>();
        var clean = true;
        for (var silos = 1; silos <= 3; silos++)
        {
            var side = await bench.Ours(cancel, new Spread(silos, Together: false, Pinned: true));
            var rounds = new List<Measurement>();
            for (var round = 1; round <= bench.Terms.Rounds; round++)
            {
                rounds.Add(await Comparison.Round(side, new Checkouts(Skus.Uniform.Basket), bench.Terms, round, cancel));
                Progress.Say($"S9, {silos} silos, round {round} of {bench.Terms.Rounds}: {Comparison.Line(rounds[^1])}");
            }

            clean &= rounds.All(round => round.Audit.Ok);
            var micros = Figure.Of([.. rounds.Select(round => (double?)(round.Cpu.Application + round.Cpu.Postgres))])!;
            perCpuSecond.Add(1_000_000 / micros.Median);
            figures[$"ordersPerCpuSecondWith{silos}"] = Math.Round(perCpuSecond[^1]);
        }

        var (errors, audit) = await WhileScaling(bench, cancel);
        figures["failedWhileScaling"] = errors;
        figures["efficiencyOf3"] = Math.Round(perCpuSecond[2] / perCpuSecond[0], 3);
        return new ScenarioResult(
            "S9", "1, 2 and 3 silos, each bound to a processor", bench.Terms.Connections, null, $"≥ {Goal} of one silo's orders per CPU-second; 0 failed while scaling",
            perCpuSecond.Skip(1).All(other => other >= Goal * perCpuSecond[0]) && errors == 0, clean && audit.Ok, Figures: figures);
    }

    // Under a load that leaves room, two silos come and go again.
    private static async Task<(long Errors, RoundAudit Audit)> WhileScaling(Workbench bench, CancellationToken cancel)
    {
        var side = await bench.Ours(cancel, new Spread(1, Together: false));
        var work = new Checkouts(Skus.Uniform.Basket);
        var errors = 0L;
        await side.Start(cancel);
        try
        {
            using var generator = new Generator(side.Port, bench.Terms.Connections);
            var terms = bench.Terms with { Duration = TimeSpan.FromSeconds(40) };
            var stage = new Stage(generator, terms, new Random(terms.Seed), new KeyMaker($"bench-{terms.Seed}-scale"), cancel);
            await work.Prepare(stage);
            var load = work.CheckOut(stage, new Pace(terms.Duration, work.Rate / 3));
            foreach (var silo in new[] { 2, 3 }) await side.Add(silo, cancel);
            foreach (var silo in new[] { 3, 2 }) await side.Remove(silo);
            var tally = await load;
            errors = tally.Errors.Values.Sum();
            if (errors > 0) Progress.Say($"S9, while scaling: {string.Join(' ', tally.Errors.Select(error => $"{error.Key}:{error.Value}"))} {tally.FirstError}");
            await side.Settle(cancel);
        }
        finally
        {
            await side.Stop();
        }

        return (errors, await side.Audit(work.Acknowledged));
    }
}
