using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Chaos.Checks;

/// <summary>An order nobody pays holds its units until its payment window ends, and a second later they can be bought.</summary>
internal static class Expiry
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public static async Task Check(Scene scene, CancellationToken cancel)
    {
        var sku = $"LAPSE-{scene.Run}";
        await Shelf.Put(scene.Lab.Shop, sku, 1, cancel);
        var shopper = new Shopper(1, 0, $"{scene.Run}-lapse", scene.Client, scene.History, scene.Ledger);
        var order = new Purchase(1, [new Wish(sku, 1)], null);
        if (await shopper.FillCart(order.Wishes, cancel) is not { } cart) return;
        await shopper.CheckOut(order, cart, null, cancel);
        var asked = scene.History.Now;
        if (await Available(scene, sku, cancel) is not 0 and var early) scene.Findings.Add("hold-missing", $"{early} of {sku} are available while its only unit is held");

        await Task.Delay(scene.Lab.Setup.PayBy + Grace, cancel);
        if (await Available(scene, sku, cancel) != 1) scene.Findings.Add("hold-not-free", $"{sku} is still held {(scene.History.Now - asked).TotalSeconds:0.0} s after an order that had {scene.Lab.Setup.PayBy.TotalSeconds:0} s to be paid");
    }

    private static async Task<int?> Available(Scene scene, string sku, CancellationToken cancel) =>
        await scene.Client.Ask("expiry", Call.Get($"v1/products/{sku}/availability"), cancel) is { Ok: true } reply ? reply.Body.GetProperty("available").GetInt32() : null;
}
