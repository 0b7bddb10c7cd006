using System.CommandLine;
using System.Diagnostics;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Silo.Journal;

namespace Commerce.Cli;

/// <summary><c>commerce down</c>: ends what <c>up</c> or <c>up --cluster</c> runs on a data folder, as SIGTERM to it would, and waits until it is gone.</summary>
internal static class Down
{
    /// <summary>A cluster has ended 30 s after it was told to; a busy machine is given some more.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50), BetweenLines = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var command = new Command("down", $"Stop the shop that runs on the data folder, in one process or as a cluster, and wait until it is gone: {Within.TotalSeconds:0} s at most.")
        {
            ShopAddress.Data, CommandLine.Json,
        };
        command.SetCommand(async (parsed, cancel) =>
        {
            var data = ShopAddress.DataDirOf(parsed);
            var stopped = DataFolder.IsInUse(data) ? await Stop(data, cancel) : await EndLeftovers(data, cancel);
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, stopped, dataDir = data }, [stopped ? $"The shop on {data} is stopped." : $"No shop runs on {data}."]);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<bool> Stop(string data, CancellationToken cancel)
    {
        var noted = UpProcess.In(data);
        using var up = ProcessIdentity.Find(noted) ?? throw new MissingException($"{data} is in use by a process that is no 'up' of this version; stop it where it runs.");
        if (!Signals.Send(up.Id, Signals.Terminate) && ProcessIdentity.Runs(noted)) throw new MissingException($"The shop on {data} belongs to another user; stop it as that user.");
        Progress.Say($"The shop on {data} (process {up.Id}) is told to stop, and has {Within.TotalSeconds:0} s.");

        var (told, said) = (Stopwatch.StartNew(), TimeSpan.Zero);
        while (ProcessIdentity.Runs(noted))
        {
            if (told.Elapsed > Within) throw new CheckFailedException($"The shop on {data} still runs {Within.TotalSeconds:0} s after it was told to stop; end it with 'kill -KILL {up.Id}': nothing it has acknowledged is lost.");
            if (told.Elapsed - said >= BetweenLines)
            {
                said = told.Elapsed;
                Progress.Say($"It is stopping, for {said.TotalSeconds:0} s now.");
            }

            await Task.Delay(Look, cancel);
        }

        return true;
    }

    // What a cluster's 'up' that was killed left behind sells on; nobody may start another one meanwhile.
    private static async Task<bool> EndLeftovers(string data, CancellationToken cancel)
    {
        var (folder, url) = (new ClusterFolder(data), Path.Combine(data, ShopAddress.UrlFile));
        if (!Directory.Exists(folder.Run) && !File.Exists(url)) return false;
        using var held = DataFolder.Open(data);
        File.Delete(url);
        return Directory.Exists(folder.Run) && await Leftovers.End(folder, cancel) is { Count: > 0 };
    }
}
