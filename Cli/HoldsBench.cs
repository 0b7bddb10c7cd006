using System.Diagnostics;
using System.Globalization;
using Commerce.Inventory;
using Commerce.Kernel;

namespace Commerce.Cli;

/// <summary>What reserving and refusing cost beside few and many open holds of one SKU.</summary>
internal static class HoldsBench
{
    private const int Rounds = 20_000;

    /// <summary>Nanoseconds per reservation and per refusal with so many open holds, half of them timed.</summary>
    public sealed record Cost(int OpenHolds, double ReserveNs, double RefuseNs)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{OpenHolds,9:N0} open holds: reserve {ReserveNs:N0} ns, refuse {RefuseNs:N0} ns");
    }

    public static Cost[] Run(DateTimeOffset now)
    {
        Measure(10, now);
        return [Measure(10, now), Measure(100_000, now)];
    }

    private static Cost Measure(int holds, DateTimeOffset now)
    {
        var stock = Stock.Empty.Evolve(new StockAdjusted(1_000_000, "bench"));
        for (var i = 0; i < holds; i++) stock = stock.Evolve(new StockReserved(Order(i), 1, i % 2 == 0 ? Term.Owned : Term.Timed(now.AddMinutes(1 + i % 60))));

        var asked = Enumerable.Range(holds, Rounds).Select(Order).ToArray();
        return new Cost(
            holds,
            NsPer(order => stock = stock.Reserve(order, 1, Term.Timed(now.AddMinutes(15)), now).Value.Items.Aggregate(stock, (s, e) => s.Evolve(e)).Evolve(new StockReleased(order, 1)), asked),
            NsPer(order => stock.Reserve(order, 2_000_000, Term.Owned, now), asked));
    }

    private static double NsPer(Action<OrderId> act, OrderId[] orders)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var order in orders) act(order);
        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / orders.Length;
    }

    private static OrderId Order(int i) => OrderId.Derive(new(i.ToString(CultureInfo.InvariantCulture)), 1);
}
