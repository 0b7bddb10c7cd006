using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Servers;

namespace Commerce.Cli;

/// <summary><c>commerce doctor</c>: what a shop needs here, and the cure for what is missing.</summary>
internal static class Doctor
{
    /// <summary>Room for a few months of orders with their indexes and write-ahead logs.</summary>
    private const long RoomNeeded = 500L * 1024 * 1024;

    private sealed record Check(string Name, bool Ok, string Says);

    public static Command Create()
    {
        var command = new Command("doctor", "Check what a shop needs on this machine, and name the cure for what is missing.") { CommandLine.Json };
        ShopAddress.AddTo(command);
        command.SetCommand(async (parsed, cancel) =>
        {
            var (address, data) = (ShopAddress.Find(parsed)?.Url, ShopAddress.DataDirOf(parsed));
            using var shop = address is null ? null : new ShopClient(address, token: null);
            var running = shop is null ? null : await shop.TryGet("healthz/ready", cancel);
            Check[] checks =
            [
                new("runtime", Environment.Version.Major >= 10, $".NET {Environment.Version}"),
                Folder(data),
                Room(data),
                new("shop", running is null or { Ok: true }, running is null ? $"none runs {(address is null ? $"on {data}" : $"at {address}")}; start one with './commerce up'" : running.Ok ? $"ready at {address}" : $"{address} answers {(int)running.Status}; look at its log"),
            ];
            // A shop in one process needs none of these.
            Check[] forCluster =
            [
                Server("PostgreSQL", () => ServerBinaries.Postgres("initdb"), () => ServerBinaries.Postgres("postgres")),
                Server("RabbitMQ", () => ServerBinaries.RabbitMq, () => ServerBinaries.Epmd),
            ];
            var ok = checks.All(check => check.Ok);
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok, checks, forCluster }, [.. checks.Select(Line), "for a cluster (up --cluster):", .. forCluster.Select(Line)]);
            return ok ? ExitCode.Ok : ExitCode.Missing;
        });
        return command;
    }

    private static string Line(Check check) => $"{(check.Ok ? "ok     " : "MISSING")} {check.Name}: {check.Says}";

    private static Check Server(string name, params Func<string>[] programs)
    {
        try
        {
            return new(name, true, programs.Select(find => find()).ToArray()[0]);
        }
        catch (ServerMissingException missing)
        {
            return new(name, false, missing.Message);
        }
    }

    private static Check Folder(string folder)
    {
        var at = folder;
        while (!Directory.Exists(at) && Path.GetDirectoryName(at) is { } parent) at = parent;
        try
        {
            var probe = Path.Combine(at, $".commerce-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new("data folder", true, Directory.Exists(folder) ? folder : $"{folder} will be made");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new("data folder", false, $"{at} cannot be written; give this user the right to write there, or name another folder with --data");
        }
    }

    private static Check Room(string folder)
    {
        var at = folder;
        while (!Directory.Exists(at) && Path.GetDirectoryName(at) is { } parent) at = parent;
        var free = new DriveInfo(at).AvailableFreeSpace;
        return new("room on disk", free >= RoomNeeded, free >= RoomNeeded ? $"{free / 1024 / 1024} MiB" : $"{free / 1024 / 1024} MiB free, {RoomNeeded / 1024 / 1024} needed; free some space, or name another folder with --data");
    }
}
