using System.CommandLine;
using Commerce.Cli.Bench;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;
using Commerce.Silo.Journal.Bench;

namespace Commerce.Cli;

/// <summary><c>commerce bench</c>: our shop beside the monolith of <c>test/Yardstick</c>, and the parts of it by themselves.</summary>
internal static class BenchCommand
{
    private static readonly string[] Known = [.. Scenario.All.Select(scenario => scenario.Id)];

    private static readonly Argument<string[]> Scenarios = new("SCENARIO") { Description = $"{string.Join(", ", Known)}; without one, all.", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<int> Rounds = new("--rounds") { Description = "Rounds of each side, in turn (default 5).", HelpName = "N", DefaultValueFactory = _ => 5 };

    private static readonly Option<int> Seconds = new("--seconds") { Description = "Length of a measured run (default 10).", HelpName = "N", DefaultValueFactory = _ => 10 };

    private static readonly Option<int?> WarmUpOption = new("--warm-up") { Description = "Seconds of load before each measured run (default: until it gets no faster, a minute at most).", HelpName = "N" };

    private static readonly Option<int?> Connections = new("--connections") { Description = "Connections, one request in flight on each (default 64, and a row at 256 where a goal names it).", HelpName = "N" };

    private static readonly Option<int> SeedOption = new("--seed") { Description = "Of the dice (default 1).", HelpName = "N", DefaultValueFactory = _ => 1 };

    private static readonly Option<string> SideOption = new("--side") { Description = $"ours or yardstick alone, for work on one of them; {string.Join(", ", SkeletonSide.Names)} beside the yardstick, for what Orleans and the appends alone cost (default both).", DefaultValueFactory = _ => "both" };

    private static readonly Option<string> RelayOption = new("--relay") { Description = "Whether both sides relay to RabbitMQ: on or off (default on; off leaves our analytics out, too).", DefaultValueFactory = _ => "on" };

    private static readonly Option<bool> Apart = new("--apart") { Description = "Our gateway as a process of its own, not in the silo's." };

    private static readonly Option<int> Port = new("--port") { Description = "Where the side under test listens (default 5070).", HelpName = "N", DefaultValueFactory = _ => 5070 };

    private static readonly Option<string?> Report = new("--report") { Description = "Also write what was measured to a folder, as Markdown with pictures (PNG).", HelpName = "DIR" };

    private static readonly Option<string?> Folder = new("--folder") { Description = "Where to write; deleted afterwards (default: a folder in the data folder's disk).", HelpName = "DIR" };

    public static Command Create()
    {
        SideOption.AcceptOnlyFromAmong(["both", "ours", "yardstick", .. SkeletonSide.Names]);
        RelayOption.AcceptOnlyFromAmong("on", "off");
        var command = new Command("bench", "Measure our shop beside the best monolith we could write (test/Yardstick), on the same PostgreSQL and RabbitMQ. See docs/performance.md.")
        {
            Scenarios, Rounds, Seconds, WarmUpOption, Connections, SeedOption, SideOption, RelayOption, Apart, Port, Report, CommandLine.Json, Journal(), Serve(), Broker(),
        };
        command.SetCommand(Measure);
        return command;
    }

    private static async Task<int> Measure(ParseResult parsed, CancellationToken cancel)
    {
        var plan = PlanOf(parsed);
        var report = parsed.GetValue(Report) is { } folder ? new ReportFolder(folder) : null;
        var results = await BenchRun.Run(plan, cancel);
        if (report is not null) await report.Write($"./commerce {string.Join(' ', parsed.Tokens)}", results, TimeProvider.System.GetUtcNow(), cancel);
        Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = !results.Any(result => result.Failed), scenarios = results }, results.SelectMany(BenchRun.Lines));
        return results.Any(result => result.Failed) ? ExitCode.CheckFailed : ExitCode.Ok;
    }

    private static BenchPlan PlanOf(ParseResult parsed)
    {
        var ids = (parsed.GetValue(Scenarios) ?? []).Select(id => id.ToUpperInvariant()).ToArray();
        if (ids.Except(Known).FirstOrDefault() is { } unknown) throw new UsageException($"There is no scenario {unknown}; there are {string.Join(", ", Known)}.");
        var (rounds, seconds, connections) = (parsed.GetValue(Rounds), parsed.GetValue(Seconds), parsed.GetValue(Connections));
        if (rounds is < 1 or > 100) throw new UsageException("--rounds is 1 to 100.");
        if (seconds is < 1 or > 3_600) throw new UsageException("--seconds is 1 to 3600.");
        if (connections is < 1 or > 4_096) throw new UsageException("--connections is 1 to 4096.");
        Up.PortIsFree(parsed.GetValue(Port));
        if (SkeletonSide.Names.Contains(parsed.GetValue(SideOption)) && (ids.Length == 0 || ids.Except(Compared.All.Select(compared => compared.Id)).Any()))
            throw new UsageException($"A skeleton only buys: name one or more of {string.Join(", ", Compared.All.Select(compared => compared.Id))}.");
        return new BenchPlan(
            ids.Length == 0 ? Known : [.. ids.Distinct()], new Terms(rounds, TimeSpan.FromSeconds(seconds), WarmUpOf(parsed), connections ?? 64, parsed.GetValue(SeedOption)),
            parsed.GetValue(SideOption)!, parsed.GetValue(RelayOption) == "on", new Spread(1, Together: !parsed.GetValue(Apart)), Many: connections is null, parsed.GetValue(Port));
    }

    // How many carts a round needs is told by the warm-up's rate, so there is always one.
    private static TimeSpan? WarmUpOf(ParseResult parsed) => parsed.GetValue(WarmUpOption) switch
    {
        null => null,
        >= 1 and <= 3_600 and var seconds => TimeSpan.FromSeconds(seconds),
        _ => throw new UsageException("--warm-up is 1 to 3600."),
    };

    private static Command Serve()
    {
        var which = new Argument<string>("SIDE") { Description = "ours or yardstick." };
        which.AcceptOnlyFromAmong("ours", "yardstick");
        var command = new Command("serve", "Run one side, seeded with 10,000 products and warmed up, for another generator; docs/performance.md shows the requests.") { which, WarmUpOption, RelayOption, Apart, Port };
        command.SetCommand(async (parsed, cancel) =>
        {
            var (port, relay, warmUp) = (parsed.GetValue(Port), parsed.GetValue(RelayOption) == "on", WarmUpOf(parsed));
            Up.PortIsFree(port);
            await using var lab = await Lab.Start(cancel);
            Side side = parsed.GetValue(which) == "ours" ? new OurSide(lab, port, relay, new Spread(1, Together: !parsed.GetValue(Apart))) : new YardstickSide(lab, port, relay);
            Progress.Say($"Seeding {side.Name}: {side.Topology}.");
            await side.Seed(cancel);
            await side.Start(cancel);
            Progress.Say($"Warming up {side.Name}.");
            await BenchRun.WarmUp(side, warmUp, cancel);
            await Console.Out.WriteLineAsync($"ready http://127.0.0.1:{port}");
            await Console.Out.FlushAsync(cancel);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await side.Stop();
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Broker()
    {
        var command = new Command("broker", "Checkouts while the broker runs and while it is stopped, in turn; exit code 1 when a stopped broker costs more than it may.") { Rounds, Seconds, WarmUpOption, Connections, SeedOption, Apart, Port, CommandLine.Json };
        command.SetCommand(async (parsed, cancel) =>
        {
            var plan = PlanOf(parsed);
            await using var lab = await Lab.Start(cancel);
            var result = await BrokerBench.Run(new OurSide(lab, plan.Port, relay: true, plan.Spread), lab, plan.Terms, cancel);
            Answer.Give(parsed.GetValue(CommandLine.Json), result, result.Lines);
            return result.Ok ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return command;
    }

    private static Command Journal()
    {
        var journal = new Command("journal", "Append to 256 streams at once with full sync, new ones and long ones; reserve beside few and many open holds.") { Folder, CommandLine.Json };
        journal.SetCommand(async (parsed, _) =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(Folder) ?? $".commerce-bench-{Environment.ProcessId}");
            if (Directory.Exists(folder)) throw new UsageException($"{folder} exists; name a new folder with --folder.");
            try
            {
                Progress.Say("Measuring.");
                var result = await new JournalBench(folder, TimeProvider.System).Run();
                var holds = HoldsBench.Run(TimeProvider.System.GetUtcNow());
                Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, result, holds }, [.. result.Lines, .. holds.Select(cost => cost.ToString())]);
                return ExitCode.Ok;
            }
            finally
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            }
        });
        return journal;
    }
}
