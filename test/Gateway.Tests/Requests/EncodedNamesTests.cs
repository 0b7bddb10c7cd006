using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Requests;

/// <summary>Addresses as HTTP allows them and no client library writes them: whatever their form, the SKU that is meant is the SKU that is read and written.</summary>
public sealed class EncodedNamesTests(TestShop shop)
{
    [Theory]
    [InlineData("/v1/admin/stock/{0}/adjustments")]
    [InlineData("http://{1}/v1/admin/stock/{0}/adjustments")]
    [InlineData("http://{1}/v1/admin/stock/{0}/adjustments?a=/b/c%20d")]
    [InlineData("/v1/x/../admin/stock/{0}/adjustments")]
    [InlineData("/./v1/admin/stock/{0}/adjustments")]
    [InlineData("/v1/admin/%2e/stock/{0}/adjustments")]
    [InlineData("http://{1}/v1/x/../admin/stock/{0}/adjustments")]
    [InlineData("/v1/admin/stock/B%20A/../{0}/adjustments")]
    public async Task Every_form_of_an_address_names_the_same_SKU(string target)
    {
        var sku = $"A {Shopping.Fresh("50%")}";
        var (status, body) = await Send("POST", Target(target, Uri.EscapeDataString(sku)), """{"delta":3,"reason":"x"}""");

        status.ShouldBe(200, body);
        JsonNode.Parse(body)!["sku"]!.ToString().ShouldBe(sku.ToUpperInvariant());
        (await shop.Operator().Get($"/v1/admin/stock/{Uri.EscapeDataString(sku)}"))["onHand"].ShouldBe("3");
    }

    [Theory]
    [InlineData("/v1/admin/stock/{0}")]
    [InlineData("http://{1}/v1/admin/stock/{0}")]
    public async Task A_percent_sign_before_2F_is_no_slash(string target)
    {
        var sku = $"A%2F{Shopping.Fresh("b")}".ToUpperInvariant();
        var (status, body) = await Send("GET", Target(target, Uri.EscapeDataString(sku)));
        status.ShouldBe(200, body);
        JsonNode.Parse(body)!["sku"]!.ToString().ShouldBe(sku);
    }

    [Theory]
    [InlineData("/v1/x/../admin/stock/{0}/adjustments")]
    [InlineData("http://{1}/v1/admin/stock/{0}/adjustments")]
    [InlineData("http://{1}/v1/./admin/stock/X%2Fadjustments")]
    public async Task Where_a_slash_in_a_name_cannot_be_told_from_one_in_the_address_there_is_nothing(string target)
    {
        var (status, body) = await Send("POST", Target(target, Uri.EscapeDataString($"A/{Shopping.Fresh("b")}")), """{"delta":3,"reason":"x"}""");
        status.ShouldBe(404, body);
    }

    private string Target(string form, string sku) => string.Format(System.Globalization.CultureInfo.InvariantCulture, form, sku, new Uri(shop.Url).Authority);

    private async Task<(int Status, string Body)> Send(string method, string target, string body = "")
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(new Uri(shop.Url).Host, new Uri(shop.Url).Port, cancel);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"{method} {target} HTTP/1.1\r\nHost: {new Uri(shop.Url).Authority}\r\nAuthorization: Bearer {TestShop.OperatorToken}\r\nIdempotency-Key: {Shopping.Fresh("raw")}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), cancel);
        var answer = (await new StreamReader(stream).ReadToEndAsync(cancel)).Split("\r\n\r\n", 2);
        var json = answer[1].IndexOf('{') is >= 0 and var from ? answer[1][from..(answer[1].LastIndexOf('}') + 1)] : "";
        return (int.Parse(answer[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), json);
    }
}
