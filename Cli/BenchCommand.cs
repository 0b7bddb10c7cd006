using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Silo.Journal.Bench;

namespace Commerce.Cli;

/// <summary><c>commerce bench journal</c>: durable appends a second, in a folder of its own.</summary>
internal static class BenchCommand
{
    private static readonly Option<string?> Folder = new("--folder") { Description = "Where to write; deleted afterwards (default: a folder in the data folder's disk).", HelpName = "DIR" };

    public static Command Create()
    {
        var journal = new Command("journal", "Append to 256 streams at once with full sync, new ones and long ones.") { Folder, CommandLine.Json };
        journal.SetCommand(async (parsed, _) =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(Folder) ?? $".commerce-bench-{Environment.ProcessId}");
            if (Directory.Exists(folder)) throw new UsageException($"{folder} exists; name a new folder with --folder.");
            try
            {
                Progress.Say("Measuring.");
                var result = await new JournalBench(folder, TimeProvider.System).Run();
                Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, result }, result.Lines);
                return ExitCode.Ok;
            }
            finally
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            }
        });
        return new Command("bench", "Measure.") { journal };
    }
}
