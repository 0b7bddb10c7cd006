using System.Text;
using System.Text.Json.Nodes;
using Commerce.Feeds;

namespace Commerce.Contracts;

/// <summary>Every event a journal may hold is read for ever.</summary>
public sealed class EventTests
{
    private const string File = "events.txt";

    private static IEnumerable<string> Today =>
        typeof(EventTypes).Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(EventNameAttribute), false))
            .Select(type => $"{EventTypes.NameOf(type)} {Encoding.UTF8.GetString(EventTypes.Write(Sample.Of(type)))}")
            .Order(StringComparer.Ordinal);

    [Fact]
    public void Every_event_has_a_golden_line() => Golden.Check(Golden.NotYet(Golden.Lines(File), Today, File));

    [Fact]
    public void Every_golden_line_is_read_as_it_was_written() => Golden.Check(Golden.Unreadable(Golden.Lines(File), Read));

    [Fact]
    public void Every_name_has_an_event() => Golden.Lines(File).Select(NameOf).Distinct().ShouldBe(EventTypes.Names, ignoreOrder: true);

    [Fact]
    public void An_event_without_a_golden_line_is_noticed() =>
        Golden.NotYet(Golden.Lines(File)[1..], Today, File).ShouldHaveSingleItem().ShouldContain(Golden.Lines(File)[0]);

    [Theory]
    [InlineData("stock.adjusted.v1 {\"delta\":7,\"reason\":\"reason\",\"gone\":1}", "/gone")]
    [InlineData("stock.adjusted.v1 {\"delta\":7,\"why\":\"reason\"}", "/why")]
    [InlineData("stock.adjusted.v0 {\"delta\":7}", "stock.adjusted.v0 is not known")]
    public void A_lost_field_and_a_lost_name_are_noticed(string line, string named) =>
        Golden.Unreadable([line], Read).ShouldHaveSingleItem().ShouldContain(named);

    private static (JsonNode?, JsonNode?) Read(string line)
    {
        var data = Encoding.UTF8.GetBytes(line[(NameOf(line).Length + 1)..]);
        return (JsonNode.Parse(data), JsonNode.Parse(EventTypes.Write(EventTypes.Read(NameOf(line), data))));
    }

    private static string NameOf(string line) => line[..line.IndexOf(' ', StringComparison.Ordinal)];
}
