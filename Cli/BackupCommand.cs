using System.CommandLine;
using Commerce.Analytics.Store;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Feeds;
using Commerce.Silo.Journal;

namespace Commerce.Cli;

/// <summary><c>commerce backup</c> and <c>commerce restore</c>: a data folder copied at one moment, of a running shop, too.</summary>
internal static class BackupCommand
{
    private static readonly Argument<string> Target = new("TARGET") { Description = "A new or empty folder." };

    private static readonly Argument<string> Source = new("SOURCE") { Description = "The folder that backup made." };

    public static Command Backup()
    {
        var command = new Command("backup", "Copy a data folder at one moment; the shop may run on.") { Target, ShopAddress.Data, CommandLine.Json };
        command.SetCommand((parsed, _) =>
        {
            var (data, target) = (ShopAddress.DataDirOf(parsed), Path.GetFullPath(parsed.GetValue(Target)!));
            DataFolderBackup.Backup(data, target);
            if (File.Exists(Path.Combine(data, OperatorToken.FileName)) && !File.Exists(Path.Combine(target, OperatorToken.FileName)))
                File.Copy(Path.Combine(data, OperatorToken.FileName), Path.Combine(target, OperatorToken.FileName));
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, target }, [$"Backed up to {target}."]);
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    public static Command Restore()
    {
        var command = new Command("restore", "Make a new data folder of a backup.") { Source, ShopAddress.Data, CommandLine.Json };
        command.SetCommand(async (parsed, _) =>
        {
            var (data, source) = (ShopAddress.DataDirOf(parsed), Path.GetFullPath(parsed.GetValue(Source)!));
            DataFolderBackup.Restore(source, data, TimeProvider.System);
            if (File.Exists(Path.Combine(source, OperatorToken.FileName)) && !File.Exists(Path.Combine(data, OperatorToken.FileName)))
                File.Copy(Path.Combine(source, OperatorToken.FileName), Path.Combine(data, OperatorToken.FileName));

            ShopProvider.Restored(data);

            // The restored history has an epoch of its own: what analytics has applied of it stays; the gateway's lists are made anew at the next start.
            foreach (var file in Directory.GetFiles(data, "gateway.db*")) File.Delete(file);
            using (var journal = JournalFile.Open(data))
            using (var analytics = AnalyticsStore.Open(data))
                await analytics.AdoptEpoch(FeedStreams.Services.ToDictionary(service => service, journal.Head));
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, data }, [$"Restored to {data}."]);
            return ExitCode.Ok;
        });
        return command;
    }
}
