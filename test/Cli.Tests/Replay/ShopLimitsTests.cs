using Commerce.Cli.Replay;

namespace Commerce.Cli.Tests.Replay;

public sealed class ShopLimitsTests
{
    private const string Card = "4111 1111 1111 1111", Good = "1,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,UK";

    [Theory]
    [InlineData("2,85123A,CUP,1000000,2010-12-01 08:26:00,20000.00,17850,UK", "invoice 2 comes to more than 10000000000.00 GBP")]
    [InlineData("C2,85123A,CUP,-1000000,2010-12-01 08:26:00,20000.00,17850,UK", "invoice C2 comes to more than 10000000000.00 GBP")]
    [InlineData("2,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,\"U\tK\"", "Country")]
    [InlineData($"2,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,{Card}", "Country")]
    [InlineData("2,85123A,CUP,6,2010-12-01 08:26:00,2.55,4111111111111111,UK", "CustomerID")]
    [InlineData("2,4111111111111111,CUP,6,2010-12-01 08:26:00,2.55,17850,UK", "StockCode looks like")]
    [InlineData("2,4222222222222,,6,2010-12-01 08:26:00,2.55,17850,UK", "StockCode without a Description looks like")]
    [InlineData($"2,NEW,CUP {Card},6,2010-12-01 08:26:00,2.55,17850,UK", "Description looks like")]
    [InlineData($"2,85123A,lost {Card},-6,2010-12-01 08:26:00,0,,UK", "Description looks like")]
    [InlineData($"C2,85123A,back {Card},-6,2010-12-01 08:26:00,2.55,,UK", "Description looks like")]
    public void What_the_shop_would_refuse_is_named_by_its_line_before_anything_is_sent(string line, string reason)
    {
        var broken = Broken(Good, line);

        broken.Line.ShouldBe(3);
        broken.Reason.ShouldStartWith(reason);
        broken.Message.ShouldNotContain("1111");
    }

    [Fact]
    public void A_country_is_at_most_200_characters()
    {
        Plan(Good, $"2,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,{new string('K', 200)}").Orders.Length.ShouldBe(2);
        Broken(Good, $"2,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,{new string('K', 201)}").Line.ShouldBe(3);
    }

    [Fact]
    public void An_invoice_has_at_most_as_many_lines_as_a_cart()
    {
        Plan([.. Enumerable.Repeat(Good, 5_000)]).Orders.ShouldHaveSingleItem().Lines.Length.ShouldBe(5_000);
        Broken([.. Enumerable.Repeat(Good, 5_001)]).Line.ShouldBe(5_002);
    }

    [Fact]
    public void An_invoice_comes_to_at_most_what_an_order_may()
    {
        string[] limit = ["1,A,x,1000000,2010-12-01 08:26:00,4000,,UK", "1,B,x,1000000,2010-12-01 08:26:00,6000,,UK"];

        Plan(limit).Orders.Single().Total.Minor.ShouldBe(Kernel.Money.OrderLimit);
        Broken([.. limit, "1,C,x,1,2010-12-01 08:26:00,0.01,,UK"]).Line.ShouldBe(4);
    }

    [Fact]
    public void Stock_opens_with_at_most_what_one_adjustment_moves()
    {
        string[] most = [.. Enumerable.Range(1, 99).Select(i => $"{i},A,x,1000000,2010-12-01 08:26:00,1,,UK"), "100,A,lost,-1000000,2010-12-01 08:26:00,0,,UK"];

        Plan(most).OpeningStock["A"].ShouldBe(100_000_000);
        Broken([.. most, "C1,A,x,-1,2010-12-01 08:26:00,1,,UK"]).Line.ShouldBe(102);
    }

    [Fact]
    public void Units_that_no_number_holds_are_told_like_the_rest()
    {
        Broken([.. Enumerable.Repeat("1,A,x,1000000,2010-12-01 08:26:00,1,7,UK", 3_000), "C1,A,x,-1,2010-12-02 08:26:00,1,7,UK"]).Reason.ShouldContain("100000000 units");
        Broken([.. Enumerable.Repeat("1,A,found,1000000,2010-12-01 08:26:00,0,,UK", 3_000)]).Reason.ShouldContain("2147483647 units");
        PlanFigures.Of(Plan([.. Enumerable.Range(0, 3_000).Select(i => $"1,A{i % 100},x,1000000,2010-12-01 08:26:00,1,,UK")])).Units.ShouldBe(3_000_000_000);
    }

    [Fact]
    public void A_barcode_with_a_description_is_no_card() =>
        Plan("1,4222222222222,CUP,6,2010-12-01 08:26:00,2.55,,UK", "1,85123A,Visa 4111,6,2010-12-01 08:26:00,2.55,,UK").Products.Length.ShouldBe(2);

    private static ReplayPlan Plan(params string[] lines) => Dirt.Plan($"{Dirt.Header}\n{string.Join('\n', lines)}");

    private static BrokenFileException Broken(params string[] lines) => Should.Throw<BrokenFileException>(() => Plan(lines));
}
