using Commerce.Cli.Replay;
using CsCheck;

namespace Commerce.Cli.Tests.Replay;

public sealed class ReplayPlanTests
{
    private readonly ReplayPlan _plan = Dirt.Plan();

    [Fact]
    public void A_dirty_file_comes_to_figures_anyone_can_add_up()
    {
        var figures = PlanFigures.Of(_plan);

        figures.Orders.ShouldBe(3);
        figures.OpeningOrders.ShouldBe(4);
        figures.Lines.ShouldBe(8);
        figures.Units.ShouldBe(28);
        figures.Skus.ShouldBe(7);
        figures.RefundLines.ShouldBe(9);
        figures.MatchedRefundLines.ShouldBe(5);
        figures.Adjustments.ShouldBe(3);
        figures.Received.ShouldBe(5);
        figures.Lost.ShouldBe(6);
        figures.Closing.ShouldBe(37);
        figures.OpeningGross.Minor.ShouldBe(176_10);
        figures.OpeningUnits.ShouldBe(15);
        figures.Gross.Minor.ShouldBe(194_79);
        figures.Refunds.Minor.ShouldBe(212_81);
        figures.Net.Minor.ShouldBe(-18_02);
        _plan.OpeningStock.Values.Sum().ShouldBe(49);
    }

    [Fact]
    public void Equal_lines_are_not_merged_and_codes_are_trimmed_and_upper_cased() =>
        Order("100001").Lines.Select(line => $"{line.Id} {line.Sku} {line.Quantity}").ShouldBe(["1 85123A 6", "2 85123A 4", "3 71053 2", "4 POST 1", "5 POST 1"]);

    [Fact]
    public void A_title_is_the_first_description_there_is_else_the_code()
    {
        var titles = _plan.Products.ToDictionary(product => product.Sku.Value, product => product.Title);

        titles["85123A"].ShouldBe("HEART, HANGING");
        titles["71053"].ShouldBe("damaged");
        Dirt.Plan($"{Dirt.Header}\n1,77,,1,2011-01-01 10:00:00,1,,UK").Products.Single().Title.ShouldBe("77");
    }

    [Fact]
    public void An_invoice_with_two_time_stamps_is_one_order_at_the_earlier() =>
        Order("100002").At.ShouldBe(new DateTimeOffset(2010, 12, 1, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_price_with_more_than_two_decimals_rounds_the_line_half_up() =>
        Order("100002").Lines[1].Amount.Minor.ShouldBe(1_01);

    [Fact]
    public void A_refund_goes_to_the_latest_earlier_order_with_all_of_it_left()
    {
        Return("C100007", 2).Order.Invoice.ShouldBe("100002");
        Return("C100008", 1).Order.Invoice.ShouldBe("100001");
        Return("C100008", 1).Units.ShouldBe([new("1", 6), new("2", 1)]);
    }

    [Fact]
    public void A_refund_larger_than_any_order_is_never_split()
    {
        Return("C100007", 1).Matched.ShouldBeFalse();
        Return("C100007", 1).Order.Opening.ShouldBeTrue();
    }

    [Fact]
    public void An_order_at_the_very_time_of_the_refund_is_not_earlier() => Return("C100011", 1).Matched.ShouldBeFalse();

    [Fact]
    public void What_a_guest_gives_back_was_bought_before_the_file_begins()
    {
        Return("C100012", 1).Matched.ShouldBeFalse();
        Return("C100012", 1).Order.At.ShouldBe(ReplayPlan.OpeningDay);
    }

    [Fact]
    public void The_refund_of_a_lines_last_unit_is_what_remains_of_its_amount() =>
        _plan.Returns.Where(back => back.Invoice == "C100009").Select(back => back.Amount.Minor).ShouldBe([34, 34, 33]);

    [Fact]
    public void Stock_moves_without_money_at_price_zero_or_without_a_credit_note() =>
        _plan.Adjustments.Select(move => $"{move.Invoice}/{move.Ordinal} {move.Sku} {move.Delta} {move.Reason}").ShouldBe(
            ["100003/2 22222 5 SPOTTY CUP", "100004/1 22222 -4 unspecified", "100005/1 71053 -2 damaged"]);

    [Fact]
    public void A_negative_price_is_listed_and_skipped() => _plan.Skipped.ShouldHaveSingleItem().Invoice.ShouldBe("A100006");

    [Fact]
    public void Sales_rank_before_refunds_with_ties_by_code() =>
        PlanFigures.Of(_plan).ByUnits.Select(product => product.Sku).ShouldBe(["85123A", "22222", "71053", "POST", "M"]);

    [Fact]
    public void Days_without_sales_can_have_a_negative_net() =>
        PlanFigures.Of(_plan).Days[new DateOnly(2010, 12, 3)].Net.ShouldBe(-128_51);

    [Fact]
    public void The_same_file_makes_the_same_plan() =>
        PlanFigures.Of(Dirt.Plan()).Stock.ShouldBe(PlanFigures.Of(_plan).Stock);

    [Fact]
    public void No_file_ever_takes_more_stock_than_it_opens_with_or_refunds_more_than_it_sold() =>
        Lines.Sample(lines =>
        {
            var plan = Dirt.Plan(Dirt.Header + "\n" + string.Join('\n', lines));
            var figures = PlanFigures.Of(plan);

            figures.Stock.Values.ShouldAllBe(sku => sku.Opening == sku.Sold + sku.Lost && sku.Closing == sku.Returned + sku.Received);
            foreach (var order in plan.Orders)
            {
                var back = plan.Returns.Where(part => ReferenceEquals(part.Order, order)).ToList();
                back.Sum(part => part.Amount.Minor).ShouldBeLessThanOrEqualTo(order.Total.Minor);
                back.ShouldAllBe(part => part.At > order.At && part.Amount.Minor >= 0);
                foreach (var line in order.Lines) back.SelectMany(part => part.Units).Where(part => part.Line == line.Id).Sum(part => part.Quantity).ShouldBeLessThanOrEqualTo(line.Quantity);
                if (order.Opening) back.Sum(part => part.Amount.Minor).ShouldBe(order.Total.Minor);
            }

            (plan.Orders.Where(order => !order.Opening).Sum(order => order.Lines.Length) + plan.Adjustments.Length + plan.Returns.Length + plan.Skipped.Length)
                .ShouldBe(lines.Length);
        }, iter: 2_000);

    private static readonly Gen<string[]> Lines = Gen.Select(
            Gen.OneOf("1", "2", "3", "C4", "C5"), Gen.OneOf("A", "B"), Gen.Int[-4, 6], Gen.Int[1, 5], Gen.OneOf("0.335", "0.005", "2", "0", "-1"),
            Gen.OneOf("17", ""),
            (invoice, sku, quantity, day, price, customer) => $"{invoice},{sku},x,{quantity},2011-03-0{day} 10:00:00,{price},{customer},UK")
        .Array[1, 30];

    private PlannedOrder Order(string invoice) => _plan.Orders.Single(order => order.Invoice == invoice);

    private PlannedReturn Return(string invoice, int ordinal) => _plan.Returns.Single(back => back.Invoice == invoice && back.Ordinal == ordinal);
}
