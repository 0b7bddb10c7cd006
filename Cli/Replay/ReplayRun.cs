using System.Collections.Concurrent;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli.Replay;

/// <summary>
/// Carries a plan out over HTTP, many requests at once, in the file's order where one thing needs another: products and opening stock, then orders and
/// adjustments, then each return after its order and after the return before it of the same order (the last unit takes what remains of the money).
/// </summary>
internal sealed class ReplayRun(ShopClient shop, ReplayPlan plan, int concurrency, Acknowledgements acknowledgements, Progress progress)
{
    private readonly ConcurrentDictionary<(bool Opening, string Invoice), string> _orders = new();

    /// <summary>The shop's order of an invoice.</summary>
    public string OrderOf(PlannedOrder order) => _orders[(order.Opening, order.Invoice)];

    public IEnumerable<string> OrderIds => _orders.Values;

    public async Task Run(CancellationToken cancel)
    {
        await Each("Products", plan.Products, product => Create(product, cancel), cancel);
        await Each("Opening stock", plan.OpeningStock, stock => Open(stock.Key, stock.Value, cancel), cancel);

        var import = new OrderImport(shop, plan.Digest, acknowledgements.Write);
        var steps = plan.Orders.Select(order => (order.At, order.Invoice, Do: (Func<Task>)(async () => _orders[(order.Opening, order.Invoice)] = await import.Run(order, cancel))))
            .Concat(plan.Adjustments.Select(move => (move.At, move.Invoice, Do: (Func<Task>)(() => Adjust(move, cancel)))))
            .OrderBy(step => step.At).ThenBy(step => step.Invoice, StringComparer.Ordinal);
        await Each("Orders and adjustments", [.. steps], step => step.Do(), cancel);

        await Each("Returns", [.. plan.Returns.GroupBy(back => (back.Order.Opening, back.Order.Invoice))], async returns =>
        {
            foreach (var back in returns) await Return(back, cancel);
        }, cancel);
    }

    private Task Each<T>(string title, IReadOnlyCollection<T> items, Func<T, Task> work, CancellationToken cancel) => progress.Run(title, items.Count, () =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancel }, async (item, _) =>
        {
            await work(item);
            progress.Step();
        }));

    private async Task Create(PlannedProduct product, CancellationToken cancel)
    {
        var body = new { sku = product.Sku.Value, title = product.Title, price = new { minor = product.Price.Minor, currency = product.Price.Currency.Value } };
        var answer = await shop.Post("v1/admin/products", body, ReplayKeys.Product(plan.Digest, product.Sku.Value), cancel);
        // Another month, or the merchant, has it with other words or another price: theirs stay.
        if (!answer.Ok && answer.Code != "illegal-transition") throw new CheckFailedException($"Product {product.Sku} was refused: {answer.Body}");
    }

    private Task Open(string sku, int units, CancellationToken cancel) =>
        Move(sku, units, "opening stock", ReplayPlan.OpeningDay, ReplayKeys.OpeningStock(plan.Digest), cancel);

    private Task Adjust(PlannedAdjustment move, CancellationToken cancel) =>
        Move(move.Sku.Value, move.Delta, move.Reason, move.At, ReplayKeys.Adjustment(move), cancel);

    private async Task Move(string sku, int delta, string reason, DateTimeOffset at, string key, CancellationToken cancel)
    {
        var answer = await shop.Post(
            $"v1/admin/stock/{Uri.EscapeDataString(sku)}/adjustments", new { delta, reason, occurredAt = OrderImport.Instant(at) }, key, cancel);
        if (!answer.Ok) throw new CheckFailedException($"Adjustment {key} of {sku} by {delta} was refused: {answer.Body}");
    }

    private async Task Return(PlannedReturn back, CancellationToken cancel)
    {
        var body = new
        {
            lines = back.Units.Select(part => new { lineId = part.Line, quantity = part.Quantity }), reason = back.Reason, restock = true,
            occurredAt = OrderImport.Instant(back.At),
        };
        var answer = await shop.Post($"v1/orders/{OrderOf(back.Order)}/returns", body, ReplayKeys.Return(back), cancel);
        if (!answer.Ok) throw new CheckFailedException($"The return of {back.Invoice}, line {back.Ordinal}, was refused: {answer.Body}");
    }
}

/// <summary>Writes each order down once the shop has acknowledged it, one flushed line each: the order's id and the invoice.</summary>
internal sealed class Acknowledgements : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly FileStream? _file;

    public Acknowledgements(string? path)
    {
        if (path is null) return;
        try
        {
            // A run taken up again adds what is missing; what stands there stays.
            if (File.Exists(path)) foreach (var line in File.ReadLines(path)) _known.Add(line.Split(' ', 2)[0]);
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MissingException($"{path} cannot be written; name another file with --acks.");
        }
    }

    public void Write(PlannedOrder order, string id)
    {
        if (_file is null) return;
        lock (_gate)
        {
            if (!_known.Add(id)) return;
            _file.Write(System.Text.Encoding.UTF8.GetBytes($"{id} {order.Invoice}\n"));
            _file.Flush();
        }
    }

    public void Dispose() => _file?.Dispose();
}
