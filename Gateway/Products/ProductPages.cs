using System.Collections.Concurrent;
using System.Text.Json;
using Commerce.Catalog;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Kernel;

namespace Commerce.Gateway.Products;

/// <summary>
/// Product pages, ready to be sent. A page is what its product said when it was asked, and stays so until the catalogue's feed tells of a change or its prices change by themselves; a gateway that does not hear of
/// the feed asks again after <see cref="Fresh"/>. What is changed through this gateway shows at once.
/// </summary>
public sealed class ProductPages(Shop shop, TimeProvider time)
{
    /// <summary>How late a page may be here. A price change shows within five seconds everywhere; the rest is for the caches beyond us, which then ask whether it has changed.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(4), Beyond = TimeSpan.FromSeconds(1);

    /// <summary>A page is asked for anew after this long in any case.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    /// <summary>Pages kept, of some 500 bytes each; when there are more, all are forgotten and made again.</summary>
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<Sku, Page> _pages = [];
    private long _forgotten, _heard = long.MinValue;

    /// <summary>The page of a product that is for sale.</summary>
    public ValueTask<Answer<ProductBody>> Get(Sku sku) => _pages.TryGetValue(sku, out var page) && Holds(page) ? new(page.Answer) : new(Ask(sku));

    /// <summary>The product is being changed, or was: what was known of it says nothing any more, nor does an answer that is on its way.</summary>
    public void Forget(Sku sku)
    {
        Interlocked.Increment(ref _forgotten);
        _pages.TryRemove(sku, out _);
    }

    /// <summary>Every change before this moment (a timestamp) has been told by <see cref="Forget"/>.</summary>
    public void HeardAllBefore(long moment) => Volatile.Write(ref _heard, moment);

    private bool Holds(Page page) =>
        time.GetElapsedTime(Math.Max(page.Since, Volatile.Read(ref _heard))) < Fresh && time.GetElapsedTime(page.Since) < Kept && !(page.Answer.Until <= time.GetUtcNow());

    private async Task<Answer<ProductBody>> Ask(Sku sku)
    {
        var (since, forgotten) = (time.GetTimestamp(), Interlocked.Read(ref _forgotten));
        var product = await shop.Product(sku).Get();
        if (!product.Ok) return product.Refusal!;
        if (!product.Value.Published) return ProductErrors.NotFound;

        var body = ProductBody.Of(product.Value);
        var answer = Answer<ProductBody>.Of(
            body, body.Version, cacheable: Beyond, written: JsonSerializer.SerializeToUtf8Bytes(body, GatewayJson.Options), until: product.Value.PricesUntil);
        if (_pages.Count >= Most) _pages.Clear();
        _pages[sku] = new(answer, since);
        // Looked at last: who forgets in between finds it here, or is found by us.
        if (Interlocked.Read(ref _forgotten) != forgotten) _pages.TryRemove(sku, out _);
        return answer;
    }

    private sealed record Page(Answer<ProductBody> Answer, long Since);
}
