namespace Commerce.Analytics.Store;

/// <summary>Rows put into a table, merged with what is there under the same key.</summary>
/// <param name="Table">The table's name, without a prefix.</param>
/// <param name="Columns">The columns a row has values for.</param>
/// <param name="Key">The columns of the primary key.</param>
/// <param name="Merge">What happens to the row <c>mine</c> that is there, given the <c>excluded</c> one.</param>
internal sealed record Upsert(string Table, IReadOnlyList<string> Columns, string Key, string Merge)
{
    /// <summary>The merge of tables that keep sums.</summary>
    public static string Sums(params ReadOnlySpan<string> columns) =>
        $"update set {string.Join(", ", columns.ToArray().Select(column => $"{column} = mine.{column} + excluded.{column}"))}";

    /// <summary>One text for both databases but for where the rows come from.</summary>
    public string Sql(string prefix, string source) =>
        $"insert into {prefix}{Table} as mine ({string.Join(", ", Columns)}) {source} on conflict ({Key}) do {Merge}";

    /// <summary>The columns as parameters, whose names no other table has: many tables are written by one text.</summary>
    public IReadOnlyList<string> Parameters { get; } = [.. Columns.Select(column => $"@{Table}_{column}")];
}

/// <summary>What a run changes in one table: rows in the order of the columns; each key comes once.</summary>
internal sealed record Change(Upsert Upsert, IReadOnlyList<object[]> Rows);
