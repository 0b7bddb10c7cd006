using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli;

/// <summary><c>commerce seed</c>: a made-up gift shop's catalogue, with stock. Done again, it changes nothing.</summary>
internal static class Seed
{
    private const int UnitsEach = 100;

    private const int AtOnce = 16;

    private static readonly string[] Kinds =
    [
        "Tea Towel", "Enamel Mug", "Beeswax Candle", "Paper Lantern", "Jam Jar Set", "Wooden Robin", "Wool Blanket", "Recipe Notebook", "Garden Twine",
        "Biscuit Tin", "Picture Frame", "Felt Garland", "Glass Vase", "Picnic Basket", "Cushion Cover", "Wrapping Paper", "Door Wreath", "Clay Teapot",
        "Spice Rack", "Bird Feeder",
    ];

    private static readonly string[] Looks =
    [
        "Cornflower Blue", "Poppy Red", "Oat Striped", "Moss Green", "Harbour Grey", "Buttercup", "Rose Sprig", "Polka Dot", "Night Sky", "Autumn Leaf",
    ];

    /// <summary>Every product: SKU, title and price in pence.</summary>
    public static IEnumerable<(string Sku, string Title, int Pence)> Catalogue =>
        from kind in Enumerable.Range(0, Kinds.Length)
        from look in Enumerable.Range(0, Looks.Length)
        select ($"SEED-{(kind * Looks.Length) + look + 1:000}", $"{Looks[look]} {Kinds[kind]}", 195 + (kind * 85) + (look * 10));

    public static Command Create()
    {
        var command = new Command("seed", "Put a made-up catalogue of 200 products with stock into a running shop; done again, it changes nothing.") { CommandLine.Json };
        ShopAddress.AddTo(command);
        command.SetCommand(async (parsed, cancel) =>
        {
            var address = ShopAddress.Of(parsed);
            using var shop = new ShopClient(address.Url, address.ReadToken());
            await Into(shop, cancel);
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, products = Catalogue.Count() }, [$"{Catalogue.Count()} products, SEED-001 to SEED-{Catalogue.Count():000}."]);
            return ExitCode.Ok;
        });
        return command;
    }

    public static async Task Into(ShopClient shop, CancellationToken cancel)
    {
        var last = Catalogue.Last();
        if (await Done(shop, last.Sku, cancel)) return;

        // The last one last: when it is there, all are.
        await Parallel.ForEachAsync(Catalogue.SkipLast(1), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (product, _) =>
            await Put(shop, product, cancel));
        await Put(shop, last, cancel);
    }

    private static async Task<bool> Done(ShopClient shop, string sku, CancellationToken cancel) =>
        await shop.Get($"v1/admin/products/{sku}", cancel) is { Ok: true } && await shop.Get($"v1/admin/stock/{sku}/ledger?limit=1", cancel) is { Ok: true } ledger
        && ledger.Body.GetProperty("items").GetArrayLength() > 0;

    private static async Task Put(ShopClient shop, (string Sku, string Title, int Pence) product, CancellationToken cancel)
    {
        var created = await shop.Post("v1/admin/products", new { sku = product.Sku, title = product.Title, price = new { minor = product.Pence, currency = "GBP" } }, $"seed:{product.Sku}", cancel);
        if (!created.Ok && created.Code is not ("illegal-transition" or "idempotency-key-reused")) throw new CheckFailedException($"{product.Sku} was refused: {created.Body}");
        var stocked = await shop.Post($"v1/admin/stock/{product.Sku}/adjustments", new { delta = UnitsEach, reason = "first delivery" }, "seed", cancel);
        if (!stocked.Ok) throw new CheckFailedException($"The stock of {product.Sku} was refused: {stocked.Body}");
    }
}
