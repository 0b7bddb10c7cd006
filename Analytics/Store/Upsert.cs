namespace Commerce.Analytics.Store;

/// <summary>Rows put into a table, merged with what is there under the same key. Within one call every key comes once.</summary>
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

    /// <summary>The columns as parameters.</summary>
    public string Parameters => string.Join(", ", Columns.Select(column => $"@{column}"));
}
