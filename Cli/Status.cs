using System.CommandLine;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli;

/// <summary><c>commerce status</c>: whether the shop runs and how far its projections are; of a cluster also its processes and queues.</summary>
internal static class Status
{
    public static Command Create()
    {
        var command = new Command("status", "Say whether the shop runs and how far the projections are behind.") { CommandLine.Json };
        ShopAddress.AddTo(command);
        command.SetCommand(async (parsed, cancel) =>
        {
            var (json, data) = (parsed.GetValue(CommandLine.Json), ShopAddress.DataDirOf(parsed));
            if (ShopAddress.Find(parsed) is not { } address)
            {
                Answer.Give(json, new { ok = false, state = "stopped", dataDir = data }, [$"No shop runs on {data}."]);
                return ExitCode.Missing;
            }

            var folder = new ClusterFolder(data);
            if (await ControlClient.TryAsk(folder, new ControlRequest("status"), Progress.Say, cancel) is { } cluster)
                return await ClusterStatus.Give(folder, cluster, address, json, cancel);
            using var shop = new ShopClient(address.Url, address.ReadToken());
            var ready = await shop.TryGet("healthz/ready", cancel);
            var lag = ready is { Ok: true } ? await shop.TryGet("v1/analytics/lag", cancel) : null;
            var state = ready is null ? "stopped" : ready.Ok ? "ready" : "starting";
            Answer.Give(
                json, new { ok = ready is { Ok: true }, state, url = address.Url, address.DataDir, analytics = lag is { Ok: true } ? lag.Body : (object?)null },
                [$"{address.Url} {state}", $"data in {address.DataDir}", .. lag is { Ok: true } ? [lag.Body.GetProperty("caughtUp").GetBoolean() ? "projections are up to date" : "projections are behind"] : Array.Empty<string>()]);
            return ready is { Ok: true } ? ExitCode.Ok : ExitCode.Missing;
        });
        return command;
    }
}
