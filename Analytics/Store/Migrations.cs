using System.Reflection;

namespace Commerce.Analytics.Store;

/// <summary>The tables' definitions: plain SQL in files of this assembly, in the order of their names. Those that were released are never changed, only followed.</summary>
internal static class Migrations
{
    public const string Folder = "analytics/";

    /// <summary>Name and text of each, for this storage and this set of tables.</summary>
    public static IReadOnlyList<(string Name, string Sql)> For(AnalyticsStorage storage, string prefix = "") =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => (name[Folder.Length..], Read(name).Replace("$prefix$", prefix).Replace("$text$", storage.Types.Text).Replace("$table$", storage.Types.Table))),
    ];

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
