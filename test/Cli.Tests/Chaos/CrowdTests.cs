using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Tests.Chaos;

/// <summary>Many buyers for two units: exactly those are sold.</summary>
public sealed class CrowdTests
{
    private readonly Ledger _ledger = new();

    [Fact]
    public void All_there_was_and_nothing_more_is_fine()
    {
        Ended("confirmed", "shipped", "rejected", "rejected");
        Found().ShouldBeEmpty();
    }

    [Fact]
    public void One_too_many_is_found()
    {
        Ended("confirmed", "confirmed", "confirmed");
        Found().ShouldHaveSingleItem().ShouldStartWith("3 of 2 units");
    }

    [Fact]
    public void A_unit_that_was_left_over_while_buyers_were_sent_away_is_found()
    {
        Ended("confirmed", "rejected", "rejected");
        Found().ShouldHaveSingleItem().ShouldStartWith("1 of 2 units");
    }

    [Fact]
    public void What_was_held_by_one_who_gave_up_may_be_left_over()
    {
        Ended("confirmed", "expired", "rejected");
        Found().ShouldBeEmpty();
    }

    [Fact]
    public void Fewer_buyers_than_units_buy_what_they_want()
    {
        Ended("confirmed");
        Found().ShouldBeEmpty();
    }

    private void Ended(params string[] orders)
    {
        _ledger.Add(new Delivery("HOT", 2));
        foreach (var (number, status) in orders.Index())
            _ledger.Add(new Purchase(number, [new Wish("HOT", 1)], "tok_ok") { Final = status, FinalCode = status == "rejected" ? "out-of-stock" : null });
    }

    private string[] Found()
    {
        var findings = new Findings();
        Crowd.Check(_ledger, findings);
        return [.. findings.All.Select(finding => finding.First)];
    }
}
