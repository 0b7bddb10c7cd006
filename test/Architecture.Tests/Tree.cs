using System.Xml.Linq;

namespace Commerce.Architecture.Tests;

/// <summary>The repository as files: what the rules look at.</summary>
internal static class Tree
{
    public static readonly string Root = FindRoot();

    public static readonly string[] Projects =
        ["Grains.Abstractions", "Grains", "Orleans.Streams.RabbitMQ", "Silo", "Analytics", "Gateway", "Servers", "ServiceDefaults", "Cli"];

    public static IEnumerable<SourceFile> Sources(params string[] folders) => folders
        .Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .Select(file => new SourceFile(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file)));

    public static IEnumerable<string> References(string projectFile) => XDocument.Load(projectFile).Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Commerce.sln"))) folder = folder.Parent ?? throw new InvalidOperationException("No Commerce.sln above the tests.");
        return folder.FullName;
    }
}

/// <summary>A source file with its path from the root.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The text without comments: rules are about code.</summary>
    public string Code => string.Join('\n', Text.Split('\n').Select(line => line.Contains("//", StringComparison.Ordinal) && !line.Contains("://", StringComparison.Ordinal) ? line[..line.IndexOf("//", StringComparison.Ordinal)] : line));

    public int Lines => Text.Count(c => c == '\n');
}
