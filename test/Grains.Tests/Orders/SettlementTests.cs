using Commerce.Kit;

namespace Commerce.Orders;

public sealed class SettlementTests() : Specification<Settlement, SettlementEvent>(Settlement.None, (s, e) => s.Evolve(e))
{
    [Fact]
    public void It_only_rises() =>
        Given().When(s => s.Reach(7, "e1")).Then(new SettlementReached(7, "e1")).After.When(s => s.Reach(5, "e2")).Then().State.ShouldBe(new Settlement(7, "e1"));

    [Theory]
    [InlineData(8_000, "e1", "e1", 8_000)]
    [InlineData(8_000, "e1", "e2", 3_000)]
    [InlineData(4_000, "e1", "e2", 0)]
    [InlineData(8_000, null, "e2", 8_000)]
    public void In_another_epoch_the_last_of_what_it_counted_is_looked_at_again(long position, string? counted, string now, long until) =>
        new Settlement(position, counted).Until(now).ShouldBe(until);
}
