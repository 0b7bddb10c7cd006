using System.Reflection;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Contracts;

/// <summary>Names in storage and on the wire are promises: more may come, none goes.</summary>
public sealed class NameTests
{
    private const string File = "names.txt";

    private static IEnumerable<string> Today => All().Distinct().Order(StringComparer.Ordinal);

    [Fact]
    public void Every_name_is_written_down() => Golden.Check(Golden.NotYet(Golden.Lines(File), Today, File));

    [Fact]
    public void No_name_is_ever_removed() => Golden.Check(Golden.Gone(Golden.Lines(File), Today, File));

    [Fact]
    public void A_removed_name_is_noticed() =>
        Golden.Gone(Golden.Lines(File), Today.Where(name => name != "event cart.opened.v1"), File).ShouldHaveSingleItem().ShouldContain("cart.opened.v1");

    [Fact]
    public void A_new_name_is_noticed() => Golden.NotYet(Golden.Lines(File), [.. Today, "event cart.lost.v1"], File).ShouldHaveSingleItem().ShouldContain("cart.lost.v1");

    private static IEnumerable<string> All()
    {
        foreach (var name in EventTypes.Names) yield return $"event {name}";
        foreach (var type in typeof(Money).Assembly.GetTypes().Where(type => type.Namespace?.StartsWith("Commerce", StringComparison.Ordinal) is true))
        {
            if (type.IsEnum)
            {
                // Events hold a member's name, the wire its number.
                foreach (var value in Enum.GetValues(type)) yield return $"enum {type.Name} {Convert.ToInt32(value, null)} {value}";
            }

            if (type.GetCustomAttribute<AliasAttribute>() is not { } alias) continue;
            yield return $"{(type.IsInterface ? "grain" : "type")} {alias.Alias}";
            foreach (var method in type.IsInterface ? type.GetMethods() : [])
            {
                yield return $"grain {alias.Alias} {method.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"{method.Name} has no alias"}";
            }
        }
    }
}
