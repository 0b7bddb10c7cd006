using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Requests;

public sealed class HeadTests(TestShop shop)
{
    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/v1/products/SKU")]
    [InlineData("/v1/products/NO-SUCH")]
    [InlineData("/v1/orders")]
    [InlineData("/openapi/v1.json")]
    public async Task Whoever_asks_for_the_head_is_answered_what_GET_answers_without_the_body(string path)
    {
        path = path.Replace("SKU", await shop.Stocked(0), StringComparison.Ordinal);
        var (get, head) = (await shop.Guest().Get(path), await shop.Guest().Send(HttpMethod.Head, path));

        (head.Status, head.ContentType, head.ETag, head.Body).ShouldBe((get.Status, get.ContentType, get.ETag, ""));
    }

    [Fact]
    public async Task What_cannot_be_read_has_no_head() => (await shop.Guest().Send(HttpMethod.Head, "/v1/checkouts")).ShouldBe(405);
}
