using System.Text;
using System.Text.Unicode;

namespace Commerce.Cli.Bench.Load;

/// <summary>The requests of the measured interface, as bytes. <c>docs/performance.md</c> shows them.</summary>
internal static class Requests
{
    private const string Recipient =
        "\"contact\":{\"email\":\"shopper@example.org\"},\"shippingAddress\":{\"name\":\"A Shopper\",\"line1\":\"1 High Street\",\"city\":\"Leeds\",\"postcode\":\"LS1 1AA\",\"country\":\"GB\"},\"payment\":{\"token\":\"tok_ok\"}";

    private static readonly byte[] OpenCartBody = "{\"currency\":\"GBP\"}"u8.ToArray();

    public static int OpenCart(Span<byte> into) => Post(into, "/v1/carts", OpenCartBody);

    public static int AddLine(Span<byte> into, string cart, string sku, int quantity)
    {
        Span<byte> body = stackalloc byte[256];
        Utf8.TryWrite(body, $"{{\"sku\":\"{sku}\",\"quantity\":{quantity}}}", out var length);
        return Post(into, $"/v1/carts/{cart}/lines", body[..length]);
    }

    public static int AddLines(Span<byte> into, string cart, IEnumerable<string> skus)
    {
        var lines = string.Join(',', skus.Select(sku => $"{{\"sku\":\"{sku}\",\"quantity\":1}}"));
        return Post(into, $"/v1/carts/{cart}/lines", Encoding.UTF8.GetBytes($"{{\"lines\":[{lines}]}}"));
    }

    public static int CheckOut(Span<byte> into, string cart, string key)
    {
        Span<byte> body = stackalloc byte[512];
        Utf8.TryWrite(body, $"{{\"cartId\":\"{cart}\",{Recipient}}}", out var length);
        Utf8.TryWrite(into, $"POST /v1/checkouts HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\nPrefer: wait=10\r\nContent-Length: {length}\r\n\r\n", out var head);
        body[..length].CopyTo(into[head..]);
        return head + length;
    }

    public static int Product(Span<byte> into, string sku) => Get(into, $"/v1/products/{sku}");

    public static int Get(Span<byte> into, string path)
    {
        Utf8.TryWrite(into, $"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n", out var length);
        return length;
    }

    /// <summary>A request of an operator: under a key of its own, with the operator's token.</summary>
    public static int Operator(Span<byte> into, string method, string path, string token, string key, string body)
    {
        Utf8.TryWrite(into, $"{method} {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}", out var length);
        return length;
    }

    /// <summary>Puts something else in the place of a version one has seen.</summary>
    public static int Replace(Span<byte> into, string path, string token, long version, string body)
    {
        Utf8.TryWrite(into, $"PUT {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\nIf-Match: \"{version}\"\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}", out var length);
        return length;
    }

    private static int Post(Span<byte> into, string path, ReadOnlySpan<byte> body)
    {
        Utf8.TryWrite(into, $"POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n", out var head);
        body.CopyTo(into[head..]);
        return head + body.Length;
    }
}
