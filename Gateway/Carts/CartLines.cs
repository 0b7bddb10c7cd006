using System.Collections.Immutable;
using Commerce.Carts;
using Commerce.Catalog;
using Commerce.Gateway.Access;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Kernel;

namespace Commerce.Gateway.Carts;

/// <summary>Makes cart lines of what was sent: checked, titled and priced by the catalogue (importers bring their own prices).</summary>
internal static class CartLines
{
    private const int MaxLineId = 64;

    public static async Task<Result<ImmutableArray<NewLine>>> Read(AddLines body, Currency currency, Caller caller, Shop shop)
    {
        if (body.Read() is not { } lines)
            return KernelErrors.Invalid("/lines", "Send one line as {\"sku\":…,\"quantity\":…} or several as {\"lines\":[…]}, not both.");
        if (lines.Count is 0 or > CartErrors.MaxLinesPerRequest)
            return KernelErrors.Invalid("/lines", $"A request adds 1 to {CartErrors.MaxLinesPerRequest} lines, not {lines.Count}; send more in several requests.");

        var checks = new List<RefusalDetail>();
        var read = new (Sku Sku, UnitPrice? Price)[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            var at = body.IsSingle ? "" : $"/lines/{i}";
            if (lines[i].UnitPrice is not null && !caller.IsOperator) return Refusals.ImportersOnly($"{at}/unitPrice", "unitPrice");
            var price = lines[i].UnitPrice?.Read($"{at}/unitPrice");
            if (price is { Ok: false }) checks.AddRange(price.Value.Refusal!.Details);
            if (!Sku.TryParse(lines[i].Sku, out var sku)) checks.Add(new($"{at}/sku", $"A SKU has {Sku.Form}."));
            if (lines[i].LineId is { } id && !IsLineId(id)) checks.Add(new($"{at}/lineId", $"A lineId has 1 to {MaxLineId} letters, digits, '-', '_', '.' or ':', and is neither '.' nor '..'."));
            read[i] = (sku, price is { Ok: true } ok ? ok.Value : null);
        }

        if (checks.Count > 0) return Refusals.Invalid(checks);

        var products = await Products(read, currency, shop);
        var made = ImmutableArray.CreateBuilder<NewLine>(lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            var product = products[(read[i].Sku, read[i].Price is not null)];
            if (!product.Ok)
            {
                var at = body.IsSingle ? "/sku" : $"/lines/{i}/sku";
                return product.Refusal! with { Details = [new RefusalDetail(at, product.Refusal!.Message, read[i].Sku.Value)] };
            }

            made.Add(new NewLine(
                lines[i].LineId, read[i].Sku, product.Value.Title, lines[i].Quantity, read[i].Price ?? UnitPrice.Of(product.Value.Price), read[i].Price is not null));
        }

        return made.MoveToImmutable();
    }

    /// <summary>The grain speaks of lines by their index; who sent one line alone has none.</summary>
    public static Result<CartView> Point(this Result<CartView> result, AddLines body) => result.Ok || !body.IsSingle
        ? result
        : result.Refusal! with { Details = [.. result.Refusal!.Details.Select(at => at with { Pointer = at.Pointer.Replace("/lines/0/", "/", StringComparison.Ordinal) })] };

    // Each product is asked once. A line with a price of its own needs the product to exist, not to have a price in this currency.
    private static async Task<Dictionary<(Sku, bool), Result<ProductQuote>>> Products((Sku Sku, UnitPrice? Price)[] lines, Currency currency, Shop shop)
    {
        var asked = lines.Select(line => (line.Sku, Fixed: line.Price is not null)).Distinct().ToArray();
        var quotes = await Task.WhenAll(asked.Select(ask => ask.Fixed ? Known(shop, ask.Sku, currency) : shop.Product(ask.Sku).Quote(currency)));
        return asked.Zip(quotes).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    private static async Task<Result<ProductQuote>> Known(Shop shop, Sku sku, Currency currency) =>
        (await shop.Product(sku).Get()).Map(product => new ProductQuote(sku, product.Title, Money.Zero(currency)));

    private static bool IsLineId(string id) => id.Length is > 0 and <= MaxLineId && id is not ("." or "..") && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}
