using Commerce.Kit;

namespace Commerce.Orders;

public sealed class SettlementTests() : Specification<Settlement, SettlementEvent>(Settlement.None, (s, e) => s.Evolve(e))
{
    [Fact]
    public void It_only_rises() =>
        Given().When(s => s.Reach(7)).Then(new SettlementReached(7)).After.When(s => s.Reach(5)).Then().State.Position.ShouldBe(7);
}
