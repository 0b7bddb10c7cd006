using Commerce.Cli.Bench.Sides;
using Commerce.Yardstick;
using Npgsql;

namespace Commerce.Cli.Tests.Bench;

/// <summary>The monolith the shop is measured beside is a correct one, and its audit would say so if it were not.</summary>
public sealed class YardstickTests(BenchServer server) : IClassFixture<BenchServer>, IAsyncLifetime
{
    private NpgsqlDataSource _source = null!;
    private SqlShop _shop = null!;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(SqlShop.Tuned(await server.Database()));
        _shop = new SqlShop(_source);
        await _shop.CreateSchema();
        await Execute("insert into product values ('A', 'Tea', 100, 25), ('B', 'Mug', 250, 1000); insert into delivery select sku, on_hand from product");
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task Sixty_buyers_of_twenty_five_units_buy_exactly_twenty_five()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Buy(i, i % 2 == 0 ? ["A", "B"] : ["B", "A"])));

        answers.Count(placed => placed.Code is null).ShouldBe(25);
        answers.Where(placed => placed.Code is not null).ShouldAllBe(placed => placed.Code == "out-of-stock");
        (await Broken()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_that_is_sent_again_finds_its_order()
    {
        var cart = Guid.NewGuid();
        await _shop.Add(cart, ["A"], [2]);

        var first = await _shop.CheckOut("key", cart, "a@b.c", "x", "tok_ok");
        (await _shop.CheckOut("key", cart, "a@b.c", "x", "tok_ok")).ShouldBe(first);
        (await _shop.CheckOut("another key", cart, "a@b.c", "x", "tok_ok")).Code.ShouldBe("cart-not-open");
        (await _shop.Add(cart, ["A"], [1])).ShouldBeNull();
        first.Total.ShouldBe(200);
        (await Broken()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("update product set on_hand = on_hand + 1 where sku = 'A'")]
    [InlineData("delete from payment")]
    [InlineData("update order_line set quantity = quantity + 1")]
    [InlineData("delete from orders")]
    public async Task The_audit_finds_what_is_wrong(string damage)
    {
        await Buy(1, ["A"]);
        (await Broken()).ShouldBeEmpty();

        await Execute(damage);

        (await Broken()).ShouldNotBeEmpty();
    }

    private async Task<PlacedOrder> Buy(int buyer, string[] skus)
    {
        var cart = Guid.NewGuid();
        await _shop.Add(cart, skus, [.. skus.Select(_ => 1)]);
        return await _shop.CheckOut($"key-{buyer}", cart, "a@b.c", "x", "tok_ok");
    }

    private async Task<IReadOnlyList<string>> Broken()
    {
        await using var connection = await _source.OpenConnectionAsync();
        var broken = new List<string>();
        foreach (var (rule, sql) in YardstickAudit.Rules)
        {
            if (await YardstickAudit.Number(connection, sql, CancellationToken.None) > 0) broken.Add(rule);
        }

        return broken;
    }

    private async Task Execute(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
