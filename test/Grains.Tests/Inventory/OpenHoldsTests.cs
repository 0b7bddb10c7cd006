using System.Diagnostics.Metrics;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Kit.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Tests.Inventory;

public sealed class OpenHoldsTests
{
    [Fact]
    public void They_are_the_holds_of_all_SKUs_in_memory_as_they_are_when_somebody_asks()
    {
        using var host = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = host.GetRequiredService<IMeterFactory>();
        var open = new OpenHolds(meters);
        using var measured = new Measured("commerce.stock.holds", meters);
        var (tea, cup) = (Holds.None, Holds.None.With(Hold(1)));
        open.Add("tea", () => tea);
        open.Add("cup", () => cup);
        measured.Now().ShouldBe([1]);

        tea = tea.With(Hold(2)).With(Hold(3));
        measured.Now().ShouldBe([3]);
        open.Remove("cup");
        measured.Now().ShouldBe([2]);
    }

    private static Hold Hold(int cart) => new(new OrderId($"{cart:D32}-1"), 1, Term.Owned);
}
