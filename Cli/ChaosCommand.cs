using System.CommandLine;
using Commerce.Cli.Chaos;
using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Output;

namespace Commerce.Cli;

/// <summary><c>commerce chaos</c>: a cluster of its own, shoppers, faults drawn from a seed, and what must hold all the same.</summary>
internal static class ChaosCommand
{
    /// <summary>Short enough for windows to end within a run, long enough for a retry to pay in one.</summary>
    private static readonly TimeSpan PayBy = TimeSpan.FromSeconds(10);

    private static readonly Option<int> Seed = new("--seed") { Description = "All chance comes from it: the same seed makes the same plan.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private static readonly Option<double> Minutes = new("--minutes") { Description = "How long faults go on; each of them is injected once in any case.", HelpName = "M", DefaultValueFactory = _ => 1 };

    private static readonly Option<string?> Chosen = new("--faults") { Description = $"Which faults, of {string.Join(", ", Catalogue.Ids)} (default: all).", HelpName = "F1,F2,…" };

    private static readonly Option<int> Silos = new("--silos") { Description = "Silos of the cluster.", HelpName = "N", DefaultValueFactory = _ => 3 };

    private static readonly Option<double> Rate = new("--rate") { Description = "Shoppers who come per second, whether the shop keeps up or not.", HelpName = "N", DefaultValueFactory = _ => 6 };

    private static readonly Option<int?> DatabaseAway = new("--database-away") { Description = "F8: seconds without PostgreSQL (default: drawn, up to 3).", HelpName = "N" };

    private static readonly Option<int> BrokerAway = new("--broker-away") { Description = "F15: seconds without a broker from the start.", HelpName = "N", DefaultValueFactory = _ => 15 };

    private static readonly Option<int> ProviderAway = new("--provider-away") { Description = "F22: seconds without the payment provider.", HelpName = "N", DefaultValueFactory = _ => 10 };

    private static readonly Option<string?> OldBuild = new("--old-build") { Description = "F25: the tree of an older version, built.", HelpName = "DIR" };

    private static readonly Option<bool> PlanOnly = new("--plan") { Description = "Print the plan of the seed and run nothing." };

    private static readonly Option<bool> SelfTestOnly = new("--self-test") { Description = "Run deliberately broken builds, each of which must be caught." };

    private static readonly Option<string?> OnlyBuild = new("--only") { Description = $"With --self-test: one broken build, of {string.Join(", ", SelfTest.Promises)} (default: all, and the whole build).", HelpName = "PROMISE" };

    private static readonly Option<bool> MatrixOnly = new("--matrix") { Description = "kill -9 at every crash point of every step of the process, 20 orders each." };

    private static readonly Option<string?> Cells = new("--cells") { Description = $"With --matrix: which of the {Matrix.All.Count} cells (default: all).", HelpName = "A-B" };

    public static Command Create()
    {
        var command = new Command("chaos", "Run a cluster of its own under load and faults, and check that nothing is lost, doubled, oversold or stuck.")
        {
            Seed, Minutes, Chosen, Silos, Rate, DatabaseAway, BrokerAway, ProviderAway, OldBuild, PlanOnly, SelfTestOnly, OnlyBuild, MatrixOnly, Cells, CommandLine.Json,
        };
        command.SetCommand(Run);
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancel)
    {
        var (seed, json, silos) = (parsed.GetValue(Seed), parsed.GetValue(CommandLine.Json), parsed.GetValue(Silos));
        if (silos is < 2 or > 5) throw new UsageException("--silos is 2 to 5: with one alone there is nobody to take over.");
        // Asked so, NaN is outside, too.
        if (parsed.GetValue(Minutes) is not (>= 0 and <= 1_440)) throw new UsageException("--minutes is 0 to 1440.");
        if (parsed.GetValue(Rate) is not (> 0 and <= 200)) throw new UsageException("--rate is above 0 and at most 200.");
        foreach (var (option, seconds) in (IEnumerable<(Option, int?)>)[(DatabaseAway, parsed.GetValue(DatabaseAway)), (BrokerAway, parsed.GetValue(BrokerAway)), (ProviderAway, parsed.GetValue(ProviderAway))])
        {
            if (seconds is < 0 or > 3_600) throw new UsageException($"{option.Name} is 0 to 3600.");
        }

        if (parsed.GetValue(OldBuild) is { } build && !Directory.Exists(build)) throw new UsageException($"There is no folder {build}; name the tree of an older version with --old-build.");
        if (parsed.GetValue(MatrixOnly)) return await KillEverywhere(seed, CellsOf(parsed.GetValue(Cells)), json, cancel);
        if (parsed.GetValue(SelfTestOnly)) return Give(await SelfTest.Run(seed, SelfTest.Chosen(parsed.GetValue(OnlyBuild)), cancel), json);

        var chosen = await Possible(Catalogue.Chosen(parsed.GetValue(Chosen)), byName: parsed.GetValue(Chosen) is not null, cancel);
        var plan = Plan.Of(seed, chosen, new Circumstances(silos, parsed.GetValue(DatabaseAway), parsed.GetValue(BrokerAway), parsed.GetValue(ProviderAway), parsed.GetValue(OldBuild)));
        if (parsed.GetValue(PlanOnly))
        {
            var first = plan.Take(chosen.Count).ToList();
            Answer.Give(json, new { ok = true, seed, plan = first.Select(fault => new { fault.Id, fault.What }) }, first.Select(fault => $"{fault.Id,-4} {fault.What}"));
            return ExitCode.Ok;
        }

        var options = new RunOptions(seed, TimeSpan.FromMinutes(parsed.GetValue(Minutes)), parsed.GetValue(Rate), new Setup(silos, PayBy, SmallDisk: chosen.Contains(DiskFull.Name)));
        return Give(await new ChaosRun(options).Run(plan, chosen.Count, cancel), json);
    }

    private static async Task<IReadOnlyList<string>> Possible(IReadOnlyList<string> chosen, bool byName, CancellationToken cancel)
    {
        if (!chosen.Contains(DiskFull.Name) || await SmallDisk.MayBe(cancel)) return chosen;
        if (byName) throw new MissingException($"{DiskFull.Name} needs the right to mount a disk in memory; run it as root.");
        Progress.Say($"{DiskFull.Name} is left out: it needs the right to mount a disk in memory.");
        return [.. chosen.Where(id => id != DiskFull.Name)];
    }

    private static int Give(ChaosReport report, bool json)
    {
        Answer.Give(json, report, report.Lines());
        return report.Ok ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static async Task<int> KillEverywhere(int seed, Range cells, bool json, CancellationToken cancel)
    {
        var made = await new Matrix(seed).Run([.. Matrix.All.Take(cells)], cancel);
        var ok = made.All(cell => cell.Clean);
        Answer.Give(json, new { ok, seed, cells = made }, [.. Matrix.Lines(made), ok ? "ok" : "FAILED"]);
        return ok ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static Range CellsOf(string? text) => text is null ? Range.All
        : text.Split('-') is [var a, var b] && int.TryParse(a, out var first) && int.TryParse(b, out var last) && first >= 1 && last >= first && last <= Matrix.All.Count ? (first - 1)..last
        : throw new UsageException($"--cells is a range such as 1-10, of 1 to {Matrix.All.Count}.");
}
