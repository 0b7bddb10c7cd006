using Commerce.Cli.Chaos.Load;
using Commerce.Linearizability;

namespace Commerce.Cli.Chaos.Checks;

/// <summary>
/// Whether what all shoppers saw of one SKU can have happened in some order, each thing at one moment between its call and its answer: units are taken when
/// there are enough, are short when there are not, and come back.
/// </summary>
internal static class StockHistory
{
    /// <summary>Take: answers 1 when taken, 0 when short. Give: what comes back. Look: answers what is there.</summary>
    internal enum Act { Take, Give, Look }

    internal readonly record struct Step(Act Act, int Units);

    private const int NeverAnswered = -1;

    public static void Check(Ledger ledger, IReadOnlyDictionary<string, int> initial, Findings findings)
    {
        var purchases = ledger.Singles;
        var readings = ledger.Readings.ToLookup(reading => reading.Sku);
        foreach (var (sku, units) in initial)
        {
            var history = purchases[sku].SelectMany(Operations).Concat(readings[sku].Select(Looked)).ToList();
            if (!IsLinearizable(history, units)) findings.Add("stock-linearizable", $"{sku}: {history.Count} calls fit no order of takings and returns from {units} units");
        }
    }

    internal static bool IsLinearizable(IReadOnlyCollection<Operation<Step, int>> history, int units) => WingGong.IsLinearizable(history, units, Apply);

    private static (int, int) Apply(int there, Step step) => step.Act switch
    {
        Act.Take => there >= step.Units ? (there - step.Units, 1) : (there, 0),
        Act.Give => (there + step.Units, 1),
        _ => (there, there),
    };

    private static Operation<Step, int> Looked(Reading reading) => new(new(Act.Look, 0), reading.Available, reading.Asked, reading.Known);

    private static IEnumerable<Operation<Step, int>> Operations(Purchase purchase)
    {
        var units = purchase.Wishes[0].Quantity;
        // Nobody ever heard of it: it may have taken its units or not.
        if (purchase.Final is null && purchase.Refused is null)
        {
            yield return new(new(Act.Take, units), NeverAnswered, purchase.Asked, null);
            yield break;
        }

        if (IsShort(purchase))
        {
            yield return new(new(Act.Take, units), 0, purchase.Asked, purchase.Known);
            yield break;
        }

        if (purchase.Final is null) yield break;
        // Given up before it was known whether it could have its units: it may have held them for a while.
        var given = purchase.Final is "rejected" or "expired" && !IsShort(purchase);
        yield return new(new(Act.Take, units), 1, purchase.Asked, given ? null : purchase.Known);
        if (given || purchase.Final == "cancelled") yield return new(new(Act.Give, units), 1, purchase.CancelAsked ?? purchase.Asked, given ? null : purchase.CancelKnown);
    }

    internal static bool IsShort(Purchase purchase) => purchase.Refused == "out-of-stock" || (purchase.Final == "rejected" && purchase.FinalCode == "out-of-stock");
}
