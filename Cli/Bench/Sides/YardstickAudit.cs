using Npgsql;

namespace Commerce.Cli.Bench.Sides;

/// <summary>The yardstick's invariants: each a query that counts where it does not hold.</summary>
internal static class YardstickAudit
{
    public static readonly IReadOnlyList<(string Rule, string Sql)> Rules =
    [
        ("what came in is what was sold and what is on hand, and that is not negative", """
            select count(*) from product p
            left join (select sku, sum(quantity) as came from delivery group by sku) d using (sku)
            left join (select sku, sum(quantity) as sold from order_line group by sku) l using (sku)
            where p.on_hand < 0 or coalesce(d.came, 0) <> p.on_hand + coalesce(l.sold, 0)
            """),
        ("an order is the sum of its lines, and its payment", """
            select count(*) from orders o
            left join (select order_number, sum(quantity * price) as total from order_line group by order_number) l on l.order_number = o.number
            left join payment p on p.order_number = o.number
            where l.total is distinct from o.total or p.amount is distinct from o.total
            """),
        ("a cart becomes one order, and holds what its order has", """
            select count(*) from cart c
            left join (select cart, count(*) as times, min(number) as number from orders group by cart) o on o.cart = c.id
            where c.ordered and (o.times is distinct from 1
                or (select sum(quantity) from order_line l where l.order_number = o.number) <> (select sum(q) from unnest(c.quantities) q))
            """),
    ];

    public static async Task<long> Number(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
#pragma warning disable CA2100 // constants of this program
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}
