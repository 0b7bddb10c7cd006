using System.Text;
using Commerce.Cli.Replay;

namespace Commerce.Cli.Tests.Replay;

public sealed class TransactionReaderTests
{
    private const string Good = "1,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,United Kingdom";

    [Theory]
    [InlineData("1,85123A,CUP,six,2010-12-01 08:26:00,2.55,17850,UK", "Quantity 'six'")]
    [InlineData("1,85123A,CUP,6,01/12/2010 08:26,2.55,17850,UK", "InvoiceDate")]
    [InlineData("1,85123A,CUP,6,1999-12-01 08:26:00,2.55,17850,UK", "InvoiceDate")]
    [InlineData("1,85123A,CUP,6,0001-01-01 00:00:00,2.55,17850,UK", "InvoiceDate")]
    [InlineData("1,85123A,CUP,6,9999-12-31 00:00:00,2.55,17850,UK", "InvoiceDate")]
    [InlineData("1,85123A,CUP,6,9999-12-31 23:59:59,2.55,17850,UK", "InvoiceDate")]
    [InlineData("1,85123A,CUP,6,2010-12-01 08:26:00,2;55,17850,UK", "UnitPrice")]
    [InlineData("1,85123A,CUP,6,2010-12-01 08:26:00,0.0000001,17850,UK", "UnitPrice")]
    [InlineData("1,,CUP,6,2010-12-01 08:26:00,2.55,17850,UK", "StockCode")]
    [InlineData("1,.,CUP,6,2010-12-01 08:26:00,2.55,17850,UK", "StockCode '.'")]
    [InlineData("1, .. ,CUP,6,2010-12-01 08:26:00,2.55,17850,UK", "StockCode '..'")]
    [InlineData(",85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,UK", "InvoiceNo")]
    [InlineData("1,85123A,CUP,2000000,2010-12-01 08:26:00,2.55,17850,UK", "Quantity")]
    [InlineData("1,85123A,CUP,6,2010-12-01 08:26:00,2.55,no body,UK", "CustomerID")]
    [InlineData("1,85123A,CUP,6,2010-12-01 08:26:00", "8 fields expected, 5 found")]
    [InlineData("1,85123A,CUP,6,2010-12-01 08:26:00,2.55,17850,UK,extra", "8 fields expected, 9 found")]
    [InlineData("1,85123A,12\" CUP,6,2010-12-01 08:26:00,2.55,17850,UK", "quotation mark")]
    public void A_broken_line_is_named_with_its_reason(string line, string reason)
    {
        var broken = Should.Throw<BrokenFileException>(() => Dirt.File($"{Dirt.Header}\n{Good}\n{line}\n{Good}"));

        broken.Line.ShouldBe(3);
        broken.Reason.ShouldContain(reason);
    }

    [Fact]
    public void A_missing_column_is_named() =>
        Should.Throw<BrokenFileException>(() => Dirt.File("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,CustomerID,Country\n"))
            .Message.ShouldBe("month.csv, line 1: column UnitPrice is missing.");

    [Fact]
    public void Another_encoding_is_named_with_the_line_it_shows_on()
    {
        var latin = Encoding.Latin1.GetBytes($"{Dirt.Header}\n{Good}\n1,85123A,CAFÉ,6,2010-12-01 08:26:00,2.55,17850,UK");

        var broken = Should.Throw<BrokenFileException>(() => TransactionReader.Read("month.csv", latin));

        broken.Line.ShouldBe(3);
        broken.Reason.ShouldContain("UTF-8");
    }

    [Fact]
    public void Sixteen_bit_text_is_named() =>
        Should.Throw<BrokenFileException>(() => TransactionReader.Read("month.csv", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Dirt.Csv)])).Reason.ShouldContain("UTF-16");

    [Fact]
    public void A_line_break_inside_a_field_does_not_shift_line_numbers()
    {
        var broken = Should.Throw<BrokenFileException>(() => Dirt.File($"{Dirt.Header}\n1,85123A,\"CUP\nBLUE\",6,2010-12-01 08:26:00,2.55,,UK\n1,B,x,?,2010-12-01 08:26:00,1,,UK\n"));

        broken.Line.ShouldBe(4);
    }

    [Fact]
    public void An_empty_file_is_refused() => Should.Throw<BrokenFileException>(() => Dirt.File("")).Reason.ShouldContain("empty");

    [Fact]
    public void A_byte_order_mark_and_another_order_of_columns_do_no_harm() =>
        Dirt.File("\uFEFFCountry,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo\nUK,17850.0,2.55,2010-12-01T08:26:00,6,CUP,85123a,1\r\n")
            .Lines.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
                line => line.Sku.Value.ShouldBe("85123A"), line => line.Customer!.Value.Value.ShouldBe("17850"), line => line.Price.ShouldBe(2.55m));
}
