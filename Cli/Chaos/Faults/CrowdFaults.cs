using System.Net;
using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>F13: many buyers for few units of one SKU: exactly those are sold.</summary>
internal sealed record HotSku(int Buyers, int Units, int Dice) : SharedFault("F13", TimeSpan.Zero)
{
    private const int AtOnce = 64;

    private int _asked;

    public override string What => $"{Buyers} buyers for {Units} units of one SKU";

    public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => Task.FromResult((long)Buyers);

    public override bool Hit => _asked == Buyers;

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var (sku, run) = ($"HOT-{Dice}", $"{scene.Run}-hot-{Dice}");
        await Shelf.Put(scene.Lab.Shop, sku, Units, cancel);
        scene.Ledger.Add(new Delivery(sku, Units));
        await Parallel.ForEachAsync(Enumerable.Range(1, Buyers), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (number, giveUp) =>
        {
            var buyer = new Shopper(number, Dice, run, scene.Client, scene.History, scene.Ledger);
            var purchase = new Purchase(number, [new Wish(sku, 1)], "tok_ok");
            if (await buyer.FillCart(purchase.Wishes, giveUp) is not { } cart) return;
            purchase.Asked = scene.History.Call(run, "asks for its order", null);
            scene.Ledger.Add(purchase);
            await buyer.CheckOut(purchase, cart, purchase.Token, giveUp);
            Interlocked.Increment(ref _asked);
        });
    }
}

/// <summary>F26: fifty requests at once under one key, and one with another body.</summary>
internal sealed record OneKeyForMany(int Dice) : SharedFault("F26", TimeSpan.Zero)
{
    private const int Requests = 50;

    public override string What => $"{Requests} requests at once under one key, then one with another body";

    public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => Task.FromResult((long)Requests);

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var run = $"{scene.Run}-one-key-{Dice}";
        var shopper = new Shopper(1, Dice, run, scene.Client, scene.History, scene.Ledger);
        var purchase = new Purchase(1, [new Wish(Shelf.Basket(Dice), 1)], "tok_ok");
        if (await shopper.FillCart(purchase.Wishes, cancel) is not { } cart) return;
        purchase.Asked = scene.History.Call(run, "asks for its order", null);
        scene.Ledger.Add(purchase);
        await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => shopper.CheckOut(purchase, cart, purchase.Token, cancel)));
        var other = await scene.Client.Ask(run, Call.Post("v1/checkouts", Shopper.Body(cart, "tok_declined"), $"{run}-1"), cancel);
        if (other is not null && other.Status != HttpStatusCode.UnprocessableEntity)
            scene.Findings.Add("key-reused", $"another body under the same key was answered {(int)other.Status}");
    }
}
