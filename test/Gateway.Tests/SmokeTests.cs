using System.Net;
using System.Net.Http.Json;
using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests;

public sealed class SmokeTests(TestShop shop)
{
    [Fact]
    public async Task A_product_is_created_and_read()
    {
        var response = await shop.Operator().PostAsJsonAsync("/v1/admin/products", new { sku = "smoke1", title = "Lantern", price = new { minor = 255, currency = "GBP" } }, TestContext.Current.CancellationToken);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("x");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    [InlineData("/docs/")]
    [InlineData("/v1/products")]
    [InlineData("/v1/undeclared")]
    [InlineData("/v1/nowhere")]
    [InlineData("/v1/search?q=lantren")]
    [InlineData("/v1/orders")]
    [InlineData("/healthz/ready")]
    public async Task Shows(string path)
    {
        var response = await shop.Guest().GetAsync(path, TestContext.Current.CancellationToken);
        var body = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        ($"{response.StatusCode} {response.Headers} {body[..Math.Min(body.Length, 3000)]}").ShouldBe("x");
    }
}
