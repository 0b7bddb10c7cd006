using System.CommandLine;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli;

/// <summary><c>commerce analytics rebuild</c>: all projections anew from the journals, and whether they come out equal.</summary>
internal static class AnalyticsCommand
{
    /// <summary>It reads all that ever happened. Who asks again after that waits for the one that runs.</summary>
    private static readonly TimeSpan RebuiltWithin = TimeSpan.FromDays(1);

    public static Command Create()
    {
        var rebuild = new Command("rebuild", "Make all projections of a running shop anew and compare checksums.") { CommandLine.Json };
        ShopAddress.AddTo(rebuild);
        rebuild.SetCommand(async (parsed, cancel) =>
        {
            var address = ShopAddress.Of(parsed);
            // Of a cluster whose database of analytics is gone there is nothing to rebuild yet; the replicas make its tables themselves.
            if (ClusterConnections.Read(new ClusterFolder(address.DataDir).Connections) is { } cluster) await Databases.Ensure(cluster.Postgres, "analytics");
            using var shop = new ShopClient(address.Url, address.ReadToken());
            var answer = await Rebuild(shop, RebuiltWithin, cancel);
            if (!answer.Ok) throw new CheckFailedException($"The rebuild was refused: {answer.Body}");
            var equal = answer.Body.GetProperty("equal").GetBoolean();
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = equal, report = answer.Body }, [equal ? "Rebuilt; all checksums are equal." : $"Rebuilt; checksums differ: {answer.Body}"]);
            return equal ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return new Command("analytics", "The projections.") { rebuild };
    }

    // A shop that has answered once is there, however long it is silent then.
    internal static async Task<ShopAnswer> Rebuild(ShopClient shop, TimeSpan within, CancellationToken cancel)
    {
        await shop.Get("healthz/ready", cancel);
        return await shop.Post("v1/analytics/rebuilds", new { }, $"rebuild-{Guid.CreateVersion7()}", cancel, within: within);
    }
}
