using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Tests.Chaos;

/// <summary>The checker of the laboratory: what it lets through and what it finds, told as shoppers tell it.</summary>
public sealed class StockHistoryTests
{
    private readonly Ledger _ledger = new();

    [Fact]
    public void As_many_as_there_were_is_fine()
    {
        Bought(1, 2);
        Bought(3, 4);
        Short(5, 6);
        Found(units: 2).ShouldBeFalse();
    }

    [Fact]
    public void One_too_many_is_found()
    {
        Bought(1, 4);
        Bought(2, 5);
        Bought(3, 6);
        Found(units: 2).ShouldBeTrue();
    }

    [Fact]
    public void Out_of_stock_while_there_is_some_is_found()
    {
        Short(1, 2);
        Bought(3, 4);
        Found(units: 1).ShouldBeTrue();
    }

    [Fact]
    public void What_was_cancelled_can_be_bought_again()
    {
        Bought(1, 2, cancelled: (3, 4));
        Bought(5, 6);
        Found(units: 1).ShouldBeFalse();
    }

    [Fact]
    public void A_look_that_shows_the_past_is_found()
    {
        Bought(1, 2);
        _ledger.Add(new Reading("TEA", 1, 3, 4));
        Found(units: 1).ShouldBeTrue();
    }

    [Fact]
    public void What_nobody_ever_heard_of_may_have_taken_its_units_or_not()
    {
        _ledger.Add(new Purchase(1, [new Wish("TEA", 1)], "tok_ok") { Asked = 1 });
        _ledger.Add(new Reading("TEA", 0, 3, 4));
        Found(units: 1).ShouldBeFalse();
    }

    private bool Found(int units)
    {
        var findings = new Findings();
        StockHistory.Check(_ledger, new Dictionary<string, int> { ["TEA"] = units }, findings);
        return findings.Has("stock-linearizable");
    }

    private void Bought(long asked, long known, (long Asked, long Known)? cancelled = null) => _ledger.Add(new Purchase(1, [new Wish("TEA", 1)], "tok_ok")
    {
        Asked = asked, Known = known, Acknowledged = "confirmed", Final = cancelled is null ? "confirmed" : "cancelled", CancelAsked = cancelled?.Asked, CancelKnown = cancelled?.Known,
    });

    private void Short(long asked, long known) => _ledger.Add(new Purchase(1, [new Wish("TEA", 1)], "tok_ok") { Asked = asked, Known = known, Refused = "out-of-stock" });
}
