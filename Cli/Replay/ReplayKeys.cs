namespace Commerce.Cli.Replay;

/// <summary>
/// The idempotency keys of an import: orders by invoice, lines and adjustments by (invoice, ordinal), what lies before the file by the file's digest.
/// A second run finds everything done; another month adds.
/// </summary>
internal static class ReplayKeys
{
    public static string Product(string digest) => $"product:{digest}";

    public static string OpeningStock(string digest) => $"opening:{digest}";

    public static string Order(string digest, PlannedOrder order) => order.Opening ? $"opening:{digest}:{order.Invoice}" : $"invoice:{order.Invoice}";

    public static string Adjustment(PlannedAdjustment adjustment) => $"adjustment:{adjustment.Invoice}:{adjustment.Ordinal}";

    public static string Return(PlannedReturn back) => $"return:{back.Invoice}:{back.Ordinal}";
}
