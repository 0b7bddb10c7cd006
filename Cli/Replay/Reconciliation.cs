using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>A figure the plan states beside what the shop says.</summary>
internal sealed record Figure(string Name, string Expected, string Actual)
{
    public bool Ok => Expected == Actual;
}

/// <summary>
/// Asks the shop for every figure the plan states: orders one by one, the analytics of the file's days, the ledger of every SKU. Only this file's own
/// orders and adjustments are looked at, so other months and other trade in the shop do no harm.
/// </summary>
internal sealed class Reconciliation(ShopClient shop, ReplayPlan plan, PlanFigures expected, Func<PlannedOrder, string> orderOf, int concurrency, TimeSpan? patience = null)
{
    /// <summary>Commits, restocks and refunds follow their orders by themselves: the shop is given this long for them, and when it is behind and comes no nearer.</summary>
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How often it begins anew because something had to be asked again: a busy shop has something of that kind in every round.</summary>
    private const int MoreTime = 10;

    public async Task<ImmutableArray<Figure>> Run(CancellationToken cancel)
    {
        // It has its time once all has been asked for, however long that took, and once more when it was away meanwhile; what differs then is asked for again.
        var (since, repeated, more) = (Stopwatch.StartNew(), -1, MoreTime);
        while (true)
        {
            await CaughtUp(cancel);
            var last = since.Elapsed > _patience;
            ImmutableArray<Figure> figures = [.. await Analytics(cancel), .. await Orders(cancel), .. await Ledgers(cancel)];
            if (figures.All(figure => figure.Ok) || (last && (shop.Repeated == repeated || more == 0))) return figures;
            if (shop.Repeated != repeated && more > 0) (since, repeated, more) = (Stopwatch.StartNew(), shop.Repeated, more - 1);
            await Task.Delay(10 * Pause, cancel);
        }
    }

    // As long as it comes nearer; a shop that is away meanwhile has its time when it is back.
    private async Task CaughtUp(CancellationToken cancel)
    {
        for (var (least, idle) = (long.MaxValue, TimeSpan.Zero); idle <= _patience; idle += Pause)
        {
            var lag = await Ask("v1/analytics/lag", cancel);
            if (lag.GetProperty("caughtUp").GetBoolean()) return;
            var behind = lag.GetProperty("services").EnumerateArray().Sum(service => service.GetProperty("behind").GetInt64());
            if (behind < least) (least, idle) = (behind, TimeSpan.Zero);
            await Task.Delay(Pause, cancel);
        }
    }

    private async Task<IEnumerable<Figure>> Analytics(CancellationToken cancel)
    {
        var (from, to) = (Day(plan.First), Day(plan.Last.AddDays(1)));
        var revenue = await Ask($"v1/analytics/revenue?from={from}&to={to}&grain=day&currency=GBP", cancel);
        var days = revenue.GetProperty("buckets").EnumerateArray().ToDictionary(
            bucket => DateOnly.Parse(bucket.GetProperty("start").GetString().AsSpan(0, 10), CultureInfo.InvariantCulture),
            bucket => new DayFigures(Minor(bucket, "gross"), Minor(bucket, "refunds"), bucket.GetProperty("orders").GetInt32(), bucket.GetProperty("units").GetInt64()));
        var figures = new List<Figure>
        {
            Count("orders", expected.Orders, revenue.GetProperty("orders").GetInt64()),
            Count("units", expected.Units, revenue.GetProperty("units").GetInt64()),
            Amount("gross", expected.Gross.Minor, Minor(revenue, "gross")),
            Amount("refunds", expected.Refunds.Minor, Minor(revenue, "refunds")),
            Amount("net", expected.Net.Minor, Minor(revenue, "net")),
        };
        foreach (var day in expected.Days.Keys.Union(days.Keys).Order())
        {
            var (planned, found) = (expected.Days.GetValueOrDefault(day), days.GetValueOrDefault(day));
            figures.Add(Amount($"net {day:yyyy-MM-dd}", planned.Net, found.Net));
            figures.Add(Count($"orders {day:yyyy-MM-dd}", planned.Orders, found.Orders));
        }

        figures.AddRange(await Top("revenue", expected.ByRevenue, product => Money(product.Revenue), item => Money(Minor(item, "revenue")), from, to, cancel));
        figures.AddRange(await Top("units", expected.ByUnits, product => product.Units.ToString(CultureInfo.InvariantCulture), item => item.GetProperty("units").ToString(), from, to, cancel));
        return figures;
    }

    private async Task<IEnumerable<Figure>> Top(
        string by, ImmutableArray<RankedProduct> ranked, Func<RankedProduct, string> of, Func<JsonElement, string> said, string from, string to, CancellationToken cancel)
    {
        var body = await Ask($"v1/analytics/top-products?from={from}&to={to}&by={by}&limit=10&currency=GBP", cancel);
        var found = body.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("sku").GetString()} {said(item)}").ToList();
        return Enumerable.Range(0, Math.Max(ranked.Length, found.Count)).Select(place => new Figure(
            $"by {by} {place + 1}", place < ranked.Length ? $"{ranked[place].Sku} {of(ranked[place])}" : "nothing", place < found.Count ? found[place] : "nothing"));
    }

    private async Task<IEnumerable<Figure>> Orders(CancellationToken cancel)
    {
        var found = new ConcurrentBag<(bool Opening, int Lines, long Captured, long Refunded, bool Right)>();
        var refunds = plan.Returns.GroupBy(back => (back.Order.Opening, back.Order.Invoice)).ToDictionary(back => back.Key, back => back.Sum(part => part.Amount.Minor));
        await Each(plan.Orders, async order =>
        {
            var body = await Ask($"v1/orders/{orderOf(order)}", cancel);
            var payment = body.GetProperty("payment");
            var (lines, captured, refunded) = (body.GetProperty("lines").GetArrayLength(), Minor(payment, "captured"), Minor(payment, "refunded"));
            var right = lines == order.Lines.Length && captured == order.Total.Minor && refunded == refunds.GetValueOrDefault((order.Opening, order.Invoice))
                && body.GetProperty("status").GetString() is "delivered" or "completed";
            found.Add((order.Opening, lines, captured, refunded, right));
        }, cancel);
        return
        [
            Count("lines", expected.Lines, found.Where(order => !order.Opening).Sum(order => order.Lines)),
            Amount("captured for orders", expected.Gross.Minor, found.Where(order => !order.Opening).Sum(order => order.Captured)),
            Count("opening orders", expected.OpeningOrders, found.Count(order => order.Opening)),
            Amount("captured for opening orders", expected.OpeningGross.Minor, found.Where(order => order.Opening).Sum(order => order.Captured)),
            Amount("refunded", expected.Refunds.Minor, found.Sum(order => order.Refunded)),
            Count("orders as planned, one by one", plan.Orders.Length, found.Count(order => order.Right)),
        ];
    }

    private async Task<IEnumerable<Figure>> Ledgers(CancellationToken cancel)
    {
        var orders = plan.Orders.Select(orderOf).ToHashSet(StringComparer.Ordinal);
        var moves = plan.Adjustments.Select(ReplayKeys.Adjustment).Append(ReplayKeys.OpeningStock(plan.Digest)).ToHashSet(StringComparer.Ordinal);
        var found = new ConcurrentDictionary<string, StockMovements>(StringComparer.Ordinal);
        await Each(expected.Stock.Keys, async sku =>
        {
            var sum = default(StockMovements);
            string? cursor = null;
            do
            {
                var page = await Ask($"v1/admin/stock/{Uri.EscapeDataString(sku)}/ledger?limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", cancel);
                foreach (var entry in page.GetProperty("items").EnumerateArray()) sum = Add(sum, entry, orders, moves);
                cursor = page.TryGetProperty("nextCursor", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;
            }
            while (cursor is not null);
            found[sku] = sum;
        }, cancel);

        var figures = new List<Figure>
        {
            Count("SKUs with the planned ledger", expected.Stock.Count, expected.Stock.Count(sku => found[sku.Key] == sku.Value)),
            Count("stock received", expected.Received, found.Values.Sum(sku => (long)sku.Received)),
            Count("stock lost", expected.Lost, found.Values.Sum(sku => (long)sku.Lost)),
            Count("stock left of this file", expected.Closing, found.Values.Sum(sku => (long)sku.Closing)),
        };
        figures.AddRange(expected.Stock.Where(sku => found[sku.Key] != sku.Value).Take(20).Select(sku => new Figure($"ledger {sku.Key}", $"{sku.Value}", $"{found[sku.Key]}")));
        return figures;
    }

    private static StockMovements Add(StockMovements sum, JsonElement entry, HashSet<string> orders, HashSet<string> moves)
    {
        var (reference, units) = (entry.GetProperty("reference").GetString()!, entry.GetProperty("quantity").GetInt32());
        return entry.GetProperty("kind").GetString() switch
        {
            "adjusted" when moves.Contains(reference) && reference.StartsWith("opening:", StringComparison.Ordinal) => sum with { Opening = sum.Opening + units },
            "adjusted" when moves.Contains(reference) && units > 0 => sum with { Received = sum.Received + units },
            "adjusted" when moves.Contains(reference) => sum with { Lost = sum.Lost - units },
            "sold" when orders.Contains(reference) => sum with { Sold = sum.Sold - units },
            "returned" when orders.Contains(reference) => sum with { Returned = sum.Returned + units },
            _ => sum,
        };
    }

    private Task Each<T>(IEnumerable<T> items, Func<T, Task> work, CancellationToken cancel) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancel }, async (item, _) => await work(item));

    private async Task<JsonElement> Ask(string path, CancellationToken cancel) =>
        await shop.Get(path, cancel) is { Status: HttpStatusCode.OK } answer ? answer.Body : throw new CheckFailedException($"The shop does not answer {path}: {await shop.Get(path, cancel)}");

    private static long Minor(JsonElement body, string name) => body.GetProperty(name).GetProperty("minor").GetInt64();

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Money(long minor) => new Money(minor, Currency.GBP).Amount;

    private static Figure Amount(string name, long expected, long actual) => new(name, Money(expected), Money(actual));

    private static Figure Count(string name, long expected, long actual) =>
        new(name, expected.ToString(CultureInfo.InvariantCulture), actual.ToString(CultureInfo.InvariantCulture));
}
