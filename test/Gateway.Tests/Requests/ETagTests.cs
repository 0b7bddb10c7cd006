using Commerce.Catalog;
using Commerce.Gateway.Requests;
using Commerce.Kernel;
using CsCheck;
using Microsoft.AspNetCore.Http;

namespace Commerce.Gateway.Tests.Requests;

public sealed class ETagTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Before_while_and_after_a_sale_a_product_has_another_tag()
    {
        var product = Priced((250, 0, null), (1, 10, 20));
        new[] { 5, 15, 25 }.Select(second => Tag(product, 2, second)).Append(Tag(Priced((250, 0, null)), 1, 5)).ShouldBeUnique();
        Tag(product, 2, 25).ShouldBe("\"2\"");
    }

    [Fact]
    public void Whatever_prices_are_to_come_one_tag_means_one_page() =>
        Gen.Select(Gen.Select(Gen.Int[1, 3], Gen.Int[0, 20], Gen.Int[1, 20]).List[0, 6], Gen.Int[0, 45], Gen.Int[0, 45]).Sample((sales, one, other) =>
        {
            var product = Priced([(250, 0, null), .. sales.Select(sale => (sale.Item1, sale.Item2, (int?)(sale.Item2 + sale.Item3)))]);
            return Tag(product, 7, one) != Tag(product, 7, other)
                || product.Prices.At(Start.AddSeconds(one)).SequenceEqual(product.Prices.At(Start.AddSeconds(other)));
        });

    [Theory]
    [InlineData("\"7\"", 7L)]
    [InlineData("\"7-8de1f2a3b4c5d60\"", 7L)]
    [InlineData("*", null)]
    [InlineData("", null)]
    public void The_version_is_read_from_a_tag(string header, long? version) => IfMatch(header).ShouldBe(new Result<long?>(version));

    [Theory]
    [InlineData("7")]
    [InlineData("\"\"")]
    [InlineData("\"-7\"")]
    [InlineData("\"7-\"")]
    [InlineData("\"seven\"")]
    [InlineData("\"7-soon\"")]
    [InlineData("\"7-1-1\"")]
    public void What_is_no_tag_of_ours_is_refused(string header) => IfMatch(header).Ok.ShouldBeFalse();

    private static string Tag(Product product, long version, int second) =>
        product.View(Start.AddSeconds(second), version).Value is var view ? ETags.Of(view.Version, view.PricesUntil) : "";

    private static Product Priced(params IEnumerable<(int Minor, int From, int? To)> prices) => prices.Aggregate(
        Product.Unknown.Evolve(new ProductCreated(new Sku("TEA"), "Tea", "")),
        (product, price) => product.Evolve(new PriceSet(new Money(price.Minor, Currency.GBP), Start.AddSeconds(price.From), price.To is { } to ? Start.AddSeconds(to) : null)));

    private static Result<long?> IfMatch(string header)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.IfMatch = header;
        return http.Request.IfMatch();
    }
}
