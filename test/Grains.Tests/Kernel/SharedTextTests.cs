using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Grains.Tests.Kernel;

public sealed class SharedTextTests
{
    [Fact]
    public void What_lines_have_in_common_is_kept_once()
    {
        var line = new OrderLine("7", new Sku("TEA"), "Tea, \"Earl Grey\"", 1, new UnitPrice(1.25m, Currency.GBP));
        var stored = JsonSerializer.SerializeToUtf8Bytes(line with { Title = "Tea" }, EventTypes.Json);

        var (one, other) = (Read(stored), Read(stored));

        one.ShouldBe(line with { Title = "Tea" });
        one.Title.ShouldBeSameAs(other.Title);
        one.Sku.Value.ShouldBeSameAs(other.Sku.Value);
        one.UnitPrice.Currency.Value.ShouldBeSameAs(other.UnitPrice.Currency.Value);
        // What must be unescaped is read as ever.
        Read(JsonSerializer.SerializeToUtf8Bytes(line, EventTypes.Json)).ShouldBe(line);
    }

    private static OrderLine Read(byte[] stored) => JsonSerializer.Deserialize<OrderLine>(stored, EventTypes.Json)!;
}
