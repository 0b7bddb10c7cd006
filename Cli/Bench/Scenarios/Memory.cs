using System.Diagnostics;
using Commerce.Carts;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;
using Commerce.Gateway.Carts;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>
/// S10: what an active cart and an active order take of the managed heap, beside a grain without a history, and how many are made from their journals a second.
/// A silo in this process, on what a shop stored before, so that nothing is in memory that does not belong to them.
/// </summary>
internal static class Memory
{
    private const int Orders = 10_000;

    private const double BytesGoal = 2_500, PerSecondGoal = 12_000;

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var side = await bench.Ours(cancel);
        var (carts, work) = (new List<string>(), new Checkouts(Skus.Uniform.Basket));
        await side.Start(cancel);
        try
        {
            using var generator = new Generator(side.Port, bench.Terms.Connections);
            var stage = new Stage(generator, bench.Terms, new Random(bench.Terms.Seed), new KeyMaker($"bench-{bench.Terms.Seed}-memory"), cancel);
            var begun = new SharedCount();
            await generator.Run(_ => new CartFiller(() => Skus.Uniform.Basket(stage.Dice), Orders, carts, begun), new Pace(), cancel);
            await work.Fill(stage, Orders);
            await work.CheckOut(stage, new Pace());
            await side.Settle(cancel);
        }
        finally
        {
            await side.Stop();
        }

        var audit = await side.Audit(work.Acknowledged);
        await using var silo = await StartSilo(bench.Lab, cancel);
        var grains = silo.Services.GetRequiredService<IGrainFactory>();
        // The first calls compile and connect.
        for (var i = 0; i < 2_000; i++) await grains.GetGrain<ICartGrain>(Keys.Cart(new CartId($"warm-up-cart-{i:000000000000}"))).Get();

        var empty = await Activate(Enumerable.Range(0, Orders).Select(i => $"nobodys-cart-{i:000000000000}"), id => grains.GetGrain<ICartGrain>(Keys.Cart(new CartId(id))).Get());
        var cart = await Activate(carts, id => grains.GetGrain<ICartGrain>(Keys.Cart(CartAddress.TryParse(id, out var of) ? of.Id : throw new CheckFailedException($"{id} is no cart."))).Get());
        var order = await Activate(work.Orders, id => grains.GetGrain<IOrderGrain>(Keys.Order(new OrderId(id))).Get());
        await silo.StopAsync(CancellationToken.None);

        return new ScenarioResult(
            "S10", "memory of active carts and orders of 5.5 lines above an empty grain; cold activations", 0, null, $"≤ {BytesGoal:N0} bytes each; ≥ {PerSecondGoal:N0} activations/s",
            cart.Bytes - empty.Bytes <= BytesGoal && order.Bytes - empty.Bytes <= BytesGoal && cart.PerSecond >= PerSecondGoal, audit.Ok, Figures: new Dictionary<string, object>
            {
                ["emptyGrainBytes"] = Math.Round(empty.Bytes), ["cartBytesAbove"] = Math.Round(cart.Bytes - empty.Bytes), ["orderBytesAbove"] = Math.Round(order.Bytes - empty.Bytes),
                ["emptyActivationsPerSecond"] = Math.Round(empty.PerSecond), ["cartActivationsPerSecond"] = Math.Round(cart.PerSecond), ["orderActivationsPerSecond"] = Math.Round(order.PerSecond),
            });
    }

    private static async Task<(double Bytes, double PerSecond)> Activate<T>(IEnumerable<string> ids, Func<string, Task<T>> touch)
    {
        var all = ids.ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var began = Stopwatch.GetTimestamp();
        foreach (var portion in all.Chunk(256)) await Task.WhenAll(portion.Select(touch));
        var elapsed = Stopwatch.GetElapsedTime(began);
        return ((GC.GetTotalMemory(forceFullCollection: true) - before) / (double)all.Length, all.Length / elapsed.TotalSeconds);
    }

    private static async Task<WebApplication> StartSilo(Lab lab, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(lab.SettingsOfASilo());
        builder.AddCommerceSilo(new ProcessSettings(builder.Configuration));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        await app.StartAsync(cancel);
        return app;
    }
}
