using System.Security.Cryptography;
using System.Text;

namespace Commerce.Cli.Replay;

/// <summary>
/// The idempotency keys of an import: orders by invoice, lines and adjustments by (invoice, ordinal), what lies before the file by the file's digest.
/// A second run finds everything done; another month adds.
/// </summary>
internal static class ReplayKeys
{
    // A SKU may hold letters a key may not.
    public static string Product(string digest, string sku) => $"product:{digest}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sku)).AsSpan(0, 8))}";

    public static string OpeningStock(string digest) => $"opening:{digest}";

    public static string Order(string digest, PlannedOrder order) => order.Opening ? $"opening:{digest}:{order.Invoice}" : $"invoice:{order.Invoice}";

    public static string Adjustment(PlannedAdjustment adjustment) => $"adjustment:{adjustment.Invoice}:{adjustment.Ordinal}";

    public static string Return(PlannedReturn back) => $"return:{back.Invoice}:{back.Ordinal}";
}
