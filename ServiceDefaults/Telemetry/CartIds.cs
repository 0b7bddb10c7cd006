using System.Diagnostics;
using OpenTelemetry;

namespace Commerce.ServiceDefaults;

/// <summary>A cart's id is its secret: it stands in addresses, and in the keys of old carts (ADR 0035), and leaves the process in no span and no line of the log.</summary>
internal sealed class CartIds : BaseProcessor<Activity>
{
    private const string Route = "http.route";

    public override void OnEnd(Activity data)
    {
        List<string>? secret = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
            if (tag.Key != Route && tag.Value is string text && NamesACart(text)) (secret ??= []).Add(tag.Key);
        foreach (var key in secret ?? []) data.SetTag(key, null);
    }

    /// <summary>Whether a text may name a cart: a grain, or an address, which is the same in any case of letters.</summary>
    public static bool NamesACart(string text) => text.Contains("cart/", StringComparison.Ordinal) || text.Contains("/carts/", StringComparison.OrdinalIgnoreCase);
}
