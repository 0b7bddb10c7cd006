using System.Reflection;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

/// <summary>The public surface lies in a text file: whoever changes it changes a line a reviewer sees.</summary>
public sealed class PublicApiTests
{
    private static readonly Assembly Library = typeof(RabbitMqStreamOptions).Assembly;

    [Fact]
    public void The_public_surface_is_what_PublicApi_txt_says()
    {
        var actual = string.Join('\n', Types().SelectMany(Lines));
        // Beside the expected one, to be reviewed and copied over it.
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "Unit", "PublicApi.actual.txt"), actual + "\n");

        actual.ShouldBe(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Unit", "PublicApi.txt")).Trim());
    }

    [Fact]
    public void It_has_six_types_at_most() => Types().Count().ShouldBeLessThanOrEqualTo(6);

    [Fact]
    public void Everything_else_is_internal_and_sealed() =>
        Library.GetTypes().Where(t => t is { IsClass: true, IsPublic: false, IsNested: false } && t.Namespace?.StartsWith("Orleans.Streams.RabbitMQ", StringComparison.Ordinal) == true)
            .Where(t => !t.IsSealed).ShouldBeEmpty();

    private static IEnumerable<Type> Types() =>
        Library.GetExportedTypes().Where(t => t.Namespace?.StartsWith("Orleans.Streams.RabbitMQ", StringComparison.Ordinal) == true).OrderBy(t => t.Name, StringComparer.Ordinal);

    private static IEnumerable<string> Lines(Type type) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(m => m is not MethodInfo { IsSpecialName: true } && !m.Name.StartsWith('<'))
            .Select(m => $"    {m}").Order(StringComparer.Ordinal).Prepend(type.FullName!);
}
