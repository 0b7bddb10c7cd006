using Commerce.Catalog;
using Commerce.Gateway.Requests;
using Commerce.Inventory;
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

    [Fact]
    public void Whatever_holds_are_to_lapse_one_tag_means_one_answer() =>
        Gen.Select(Gen.Select(Gen.Int[1, 5], Gen.Int[0, 20]).List[0, 6], Gen.Int[0, 25], Gen.Int[0, 25]).Sample((holds, one, other) =>
        {
            var stock = Holding(holds);
            return Tag(stock, 7, one) != Tag(stock, 7, other) || stock.Available(Start.AddSeconds(one)) == stock.Available(Start.AddSeconds(other));
        });

    [Fact]
    public void Once_all_holds_have_lapsed_the_tag_is_the_version() => Tag(Holding([(2, 10), (1, 20)]), 3, 20).ShouldBe("\"3\"");

    [Theory]
    [InlineData("\"7\"", 7L)]
    [InlineData("\"7-8de1f2a3b4c5d60\"", 7L)]
    [InlineData("\"6\", W/\"8\", \"7\"", 7L)]
    [InlineData("\"an,other\",\"7\"", 7L)]
    [InlineData("*", null)]
    [InlineData("", null)]
    public void The_version_is_read_from_a_tag(string header, long? version) => IfMatch(header).ShouldBe(new Result<long?>(version));

    [Theory]
    [InlineData("W/\"7\"")]
    [InlineData("\"\"")]
    [InlineData("\"-7\"")]
    [InlineData("\"7-\"")]
    [InlineData("\"seven\"")]
    [InlineData("\"7-soon\"")]
    [InlineData("\"7-1-1\"")]
    public void What_is_no_tag_of_ours_is_of_no_version(string header) => IfMatch(header).ShouldBe(new Result<long?>(0));

    [Theory]
    [InlineData("7")]
    [InlineData("\"7")]
    [InlineData("\"6\", 7")]
    public void What_is_no_tag_at_all_is_refused(string header) => IfMatch(header).Ok.ShouldBeFalse();

    [Theory]
    [InlineData("\"7\"", true)]
    [InlineData("W/\"7\"", true)]
    [InlineData("\"6\", W/\"7\"", true)]
    [InlineData("\"an,other\",\"7\"", true)]
    [InlineData("*", true)]
    [InlineData("\"*\"", false)]
    [InlineData("\"7-8de1f2a3b4c5d60\"", false)]
    [InlineData("\"6\", \"8\"", false)]
    [InlineData("7", false)]
    [InlineData("", false)]
    public void Who_has_the_answer_is_known_by_any_of_its_tags_weak_ones_too(string header, bool has) => HasAlready(HttpMethods.Get, header).ShouldBe(has);

    [Fact]
    public void What_is_done_is_done_whatever_its_caller_has_seen() => HasAlready(HttpMethods.Post, "*").ShouldBeFalse();

    private static string Tag(Product product, long version, int second) =>
        product.View(Start.AddSeconds(second), version).Value is var view ? ETags.Of(view.Version, view.PricesUntil) : "";

    private static string Tag(Stock stock, long version, int second) => stock.View(Start.AddSeconds(second), version) is var view ? ETags.Of(view.Version, view.Until) : "";

    private static Stock Holding(IEnumerable<(int Quantity, int Until)> holds) => holds.Index().Aggregate(
        Stock.Empty.Evolve(new StockAdjusted(100, "opening")),
        (stock, hold) => stock.Evolve(new StockReserved(OrderId.Derive(new CartId($"cart-{hold.Index}"), 1), hold.Item.Quantity, Term.Timed(Start.AddSeconds(hold.Item.Until)))));

    private static Product Priced(params IEnumerable<(int Minor, int From, int? To)> prices) => prices.Aggregate(
        Product.Unknown.Evolve(new ProductCreated(new Sku("TEA"), "Tea", "")),
        (product, price) => product.Evolve(new PriceSet(new Money(price.Minor, Currency.GBP), Start.AddSeconds(price.From), price.To is { } to ? Start.AddSeconds(to) : null)));

    private static bool HasAlready(string method, string header)
    {
        var http = new DefaultHttpContext();
        (http.Request.Method, http.Request.Headers.IfNoneMatch) = (method, header);
        return http.Request.HasAlready("\"7\"");
    }

    private static Result<long?> IfMatch(string header)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.IfMatch = header;
        return http.Request.IfMatch();
    }
}
