using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.Json;
using Commerce.Analytics.Store;
using Commerce.Cli.Output;
using Commerce.Cli.Replay;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal;
using Microsoft.Data.Sqlite;

namespace Commerce.Cli;

/// <summary>All commands, and how every one of them ends: with an exit code, and what went wrong as one sentence on stderr.</summary>
internal static class CommandLine
{
    public static readonly Option<bool> Json = new("--json") { Description = "Answer with exactly one JSON document on stdout." };

    // No RootCommand: that is called as its file is, Cli.
    public static Command Root() => new(
        "commerce",
        """
        A shop whose carts, stock, orders and payments are grains with their own durable history.

        First steps:   ./commerce up                          start a shop in ./.commerce on http://127.0.0.1:5080
                       ./commerce replay december.csv         import a month of orders and check every figure
                       ./commerce verify                      check the invariants over everything stored
                       ./commerce up --cluster --silos 3      the same shop on PostgreSQL and RabbitMQ
                       ./commerce down                        stop it from another terminal
                       ./commerce test                        build and run all tests

        Exit codes: 0 ok, 1 the check failed, 2 wrong usage, 3 something needed is missing.
        """)
    {
        new HelpOption(), new VersionOption(), Up.Create(), Down.Create(), Status.Create(), ScaleCommand.Create(), ChildCommand.Kill(), ChildCommand.Drain(), ChildCommand.Start(), Doctor.Create(), Seed.Create(), ReplayCommand.Create(), VerifyCommand.Create(), JournalCommand.Create(),
        AnalyticsCommand.Create(), ClockCommand.Create(), BackupCommand.Backup(), BackupCommand.Restore(), BenchCommand.Create(), ChaosCommand.Create(), NodeCommand.Create(),
    };

    public static async Task<int> Run(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            string[] wrong = [.. parsed.Errors.Select(error => Plainly(error.Message))];
            foreach (var error in wrong) await Console.Error.WriteLineAsync(error);
            await Console.Error.WriteLineAsync("See './commerce --help'.");
            // Which command is meant may be just what is wrong: what was written counts.
            if (args.Contains(Json.Name)) await GiveReason(string.Join(' ', wrong));
            return ExitCode.WrongUsage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // The default of two seconds would cut a shop off while it still answers; `up` has its own, shorter limit.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(29),
        });
    }

    /// <summary>What a command does, with its faults turned into sentences.</summary>
    public static void SetCommand(this Command command, Func<ParseResult, CancellationToken, Task<int>> run) => command.SetAction(async (parsed, cancel) =>
    {
        try
        {
            RefuseEmpty(parsed);
            return await run(parsed, cancel);
        }
        catch (Exception e) when (CodeOf(e) is not null)
        {
            await Console.Error.WriteLineAsync(e.Message);
            if (command.Options.Contains(Json) && parsed.GetValue(Json)) await GiveReason(e.Message);
            return CodeOf(e)!.Value;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return 130;
        }
    });

    /// <summary>Nothing here takes an empty value: it is a variable of the shell that was never set, and as a path it would mean something else than was meant.</summary>
    internal static void RefuseEmpty(ParseResult parsed)
    {
        foreach (var given in parsed.CommandResult.Children.Where(child => child.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value))))
        {
            throw new UsageException(given is OptionResult { Option.Name: var option }
                ? $"{option} is empty; give it a value, or leave it out."
                : $"{((ArgumentResult)given).Argument.Name} is empty; give it a value.");
        }
    }

    /// <summary>What would be right, where the library names a type of .NET.</summary>
    internal static string Plainly(string error) => error
        .Replace("as expected type 'System.Int32'", $"as a whole number of at most {int.MaxValue}", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int32]'", $"as a whole number of at most {int.MaxValue}", StringComparison.Ordinal)
        .Replace("as expected type 'System.Double'", "as a number such as 0.5", StringComparison.Ordinal);

    // One document on stdout, also when there is nothing but the reason to say.
    private static Task GiveReason(string error) => Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { ok = false, error }));

    private static int? CodeOf(Exception e) => e switch
    {
        BrokenFileException or UsageException or SettingsException => ExitCode.WrongUsage,
        MissingException or DataFolderException or AnalyticsStoreException => ExitCode.Missing,
        CheckFailedException => ExitCode.CheckFailed,
        // A file or a folder that cannot be used, wherever that shows: their messages are sentences that say what and why.
        IOException or UnauthorizedAccessException or SqliteException => ExitCode.Missing,
        _ => null,
    };
}
