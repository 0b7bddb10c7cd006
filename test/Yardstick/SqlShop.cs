using Npgsql;
using NpgsqlTypes;

namespace Commerce.Yardstick;

/// <summary>What a checkout came to: an order, or a code that says why not.</summary>
internal readonly record struct PlacedOrder(long Number, string? Status, long Total, string? Code);

/// <summary>The shop's statements. Each is prepared once per connection and sent as one message.</summary>
internal sealed class SqlShop(NpgsqlDataSource source)
{
    private const string OutOfStock = "YS001";

    /// <summary>Two cores are busy with some sixteen transactions; more connections only wait for each other inside the database instead of before it.</summary>
    public static string Tuned(string connection) => new NpgsqlConnectionStringBuilder(connection)
    {
        MinPoolSize = 16, MaxPoolSize = 16, Timeout = 30, MaxAutoPrepare = 16, AutoPrepareMinUsages = 1, NoResetOnClose = true, IncludeErrorDetail = false,
    }.ToString();

    public async Task CreateSchema()
    {
        await using (var there = source.CreateCommand("select to_regclass('product') is not null"))
            if (await there.ExecuteScalarAsync() is true) return;
        using var schema = new StreamReader(typeof(SqlShop).Assembly.GetManifestResourceStream("schema.sql")!);
        await using var create = source.CreateCommand(await schema.ReadToEndAsync());
        await create.ExecuteNonQueryAsync();
    }

    public async Task<int?> Add(Guid cart, string[] skus, int[] quantities)
    {
        await using var add = source.CreateCommand("select add_lines($1, $2, $3)");
        add.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = cart });
        add.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = skus });
        add.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = quantities });
        return await add.ExecuteScalarAsync() as int?;
    }

    public async Task<PlacedOrder> CheckOut(string key, Guid cart, string email, string address, string token)
    {
        await using var call = source.CreateCommand("select number, status, total, code from checkout($1, $2, $3, $4, $5)");
        call.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        call.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = cart });
        call.Parameters.Add(new NpgsqlParameter<string> { TypedValue = email });
        call.Parameters.Add(new NpgsqlParameter<string> { TypedValue = address });
        call.Parameters.Add(new NpgsqlParameter<string> { TypedValue = token });
        try
        {
            await using var row = await call.ExecuteReaderAsync();
            await row.ReadAsync();
            return row.IsDBNull(0) ? new PlacedOrder(0, null, 0, row.GetString(3)) : new PlacedOrder(row.GetInt64(0), row.GetString(1), row.GetInt64(2), null);
        }
        catch (PostgresException refused) when (refused.SqlState == OutOfStock)
        {
            return new PlacedOrder(0, null, 0, "out-of-stock");
        }
    }

    public async Task<ProductBody?> Product(string sku)
    {
        await using var ask = source.CreateCommand("select title, price, on_hand from product where sku = $1");
        ask.Parameters.Add(new NpgsqlParameter<string> { TypedValue = sku, NpgsqlDbType = NpgsqlDbType.Text });
        await using var row = await ask.ExecuteReaderAsync();
        return await row.ReadAsync() ? new ProductBody(sku, row.GetString(0), row.GetInt64(1), "GBP", row.GetInt64(2)) : null;
    }
}
