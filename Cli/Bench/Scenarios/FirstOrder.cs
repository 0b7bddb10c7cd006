using System.Diagnostics;
using Commerce.Cli.Output;
using Commerce.Cli.Clusters;
using Commerce.Cli.Shops;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>S11: from the command to the first confirmed order, built and on data that is there: a shop in one process, and a cluster of three silos.</summary>
internal static class FirstOrder
{
    private const double EmbeddedGoal = 5, ClusterGoal = 20;

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var embedded = await Times(bench, [], cancel);
        var cluster = await Times(bench, ["--cluster", "--silos", "3"], cancel);
        return new ScenarioResult(
            "S11", "start to first order on existing data: one process, and a cluster of three silos", 0, null, $"≤ {EmbeddedGoal} s and ≤ {ClusterGoal} s",
            embedded.Median <= EmbeddedGoal && cluster.Median <= ClusterGoal, Audit: true, Figures: new Dictionary<string, object> { ["embeddedSeconds"] = embedded, ["clusterOf3Seconds"] = cluster });
    }

    private static async Task<Figure> Times(Workbench bench, string[] how, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("commerce-bench-start-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        try
        {
            await Once(bench, folder, how, cancel);
            var times = new List<double?>();
            for (var round = 1; round <= Math.Min(3, bench.Terms.Rounds); round++)
            {
                times.Add(await Once(bench, folder, how, cancel));
                Progress.Say($"S11, {(how.Length == 0 ? "one process" : "cluster")}, round {round}: {times[^1]:N1} s");
            }

            return Figure.Of(times)!;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> Once(Workbench bench, string folder, string[] how, CancellationToken cancel)
    {
        var port = bench.Plan.Port;
        var began = Stopwatch.GetTimestamp();
        using var up = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(FirstOrder).Assembly.Location, "up", "--data", folder, "--port", $"{port}", .. how]) { RedirectStandardOutput = true })!;
        try
        {
            await up.StandardOutput.ReadLineAsync(cancel);
            if (up.HasExited) throw new CheckFailedException("'up' ended before it was ready; it said why above.");
            using var shop = new ShopClient(new Uri($"http://127.0.0.1:{port}/"), token: null);
            var cart = (await shop.Post("v1/carts", new { currency = "GBP" }, null, cancel)).Body.GetProperty("id").GetString();
            await shop.Post($"v1/carts/{cart}/lines", new { sku = "SEED-001", quantity = 1 }, null, cancel);
            var placed = await shop.Post("v1/checkouts", new
            {
                cartId = cart, contact = new { email = "shopper@example.org" }, payment = new { token = "tok_ok" },
                shippingAddress = new { name = "A Shopper", line1 = "1 High Street", city = "Leeds", postcode = "LS1 1AA", country = "GB" },
            }, $"first-order-{Guid.NewGuid():N}", cancel, wait: 10);
            return placed.Ok ? Stopwatch.GetElapsedTime(began).TotalSeconds : throw new CheckFailedException($"The first order was refused: {placed}");
        }
        finally
        {
            Signals.Send(up.Id, Signals.Terminate);
            await up.WaitForExitAsync(CancellationToken.None);
        }
    }
}
