using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Cli.Verify;
using Commerce.Silo.Journal;

namespace Commerce.Cli;

/// <summary><c>commerce verify</c>: the invariants over everything stored, of a running shop or a stopped one.</summary>
internal static class VerifyCommand
{
    private const int Shown = 20;

    private static readonly Option<string?> Acks = new("--acks") { Description = "Also check that every order of this file is there: 'replay --acks' wrote it.", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new Command("verify", "Check the invariants I1 to I8 over journals, the provider's ledger and the projections of a data folder or a cluster, running or not.") { Acks, ShopAddress.Data, CommandLine.Json };
        command.SetCommand(async (parsed, _) =>
        {
            var data = ShopAddress.DataDirOf(parsed);
            var acknowledged = parsed.GetValue(Acks) is { } acks ? Acknowledged(acks) : null;
            var now = ClockCommand.Now(data);
            var report = DataFolder.IsInUse(data)
                ? await Audit.Run(Installation.In(data), now, acknowledged, now - UpProcess.RunsFor(data))
                : await Audit.Run(Installation.In(data), now: null, acknowledged);
            var invariants = report.Invariants.Select(rule => new { rule.Id, rule.Ok, rule.Rule, rule.Checked, violations = rule.Ok ? null : rule.Violations.Take(Shown) });
            Answer.Give(parsed.GetValue(CommandLine.Json), new { report.Ok, invariants, report.Checksums }, Lines(report));
            return report.Ok ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return command;
    }

    private static HashSet<string> Acknowledged(string file)
    {
        try
        {
            // A line is an order's id and its invoice; a last line that was cut off was not acknowledged to anybody.
            return [.. File.ReadAllText(file).Split('\n')[..^1].Select(line => line.Split(' ', 2)[0])];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {(File.Exists(file) ? e.Message : "there is no such file.")}");
        }
    }

    private static IEnumerable<string> Lines(AuditReport report)
    {
        foreach (var rule in report.Invariants)
        {
            yield return $"{rule.Id} {(rule.Ok ? "ok    " : "FAILED")} {rule.Rule} ({rule.Checked} checked)";
            foreach (var violation in rule.Violations.Take(Shown)) yield return $"   {violation.Stream}, event {violation.Version}: {violation.Message}";
        }

        foreach (var (name, sum) in report.Checksums) yield return $"{name}: {sum}";
    }
}
