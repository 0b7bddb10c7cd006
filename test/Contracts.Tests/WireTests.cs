using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Commerce.Feeds;
using Commerce.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Commerce.Contracts;

/// <summary>Every type that crosses between grains is read by the next version as this one wrote it: <c>alias bytes what-it-says</c>.</summary>
public sealed class WireTests
{
    private const string File = "wire.txt";

    private static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer(serializers => serializers.AddAssembly(typeof(Money).Assembly))
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    private static IEnumerable<Type> Types => typeof(Money).Assembly.GetTypes()
        .Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), false))
        .Select(type => type.IsGenericTypeDefinition ? type.MakeGenericType(typeof(CommandKey)) : type);

    private static IEnumerable<string> Today => Types.Select(type => Write(Sample.Of(type))).Order(StringComparer.Ordinal);

    [Fact]
    public void Every_type_has_a_golden_line() => Golden.Check(Golden.NotYet(Golden.Lines(File), Today, File));

    [Fact]
    public void Every_golden_line_is_read_as_it_was_written() => Golden.Check(Golden.Unreadable(Golden.Lines(File), Read));

    [Fact]
    public void A_refusal_crosses_like_a_value()
    {
        var refused = new Result<Money>(KernelErrors.NotFound("cart")) { Repeated = true };
        var back = Serializer.Deserialize<object>(Serializer.SerializeToArray<object>(refused)).ShouldBeOfType<Result<Money>>();
        (back.Ok, back.Repeated, back.Refusal!.Code).ShouldBe((false, true, "not-found"));
    }

    [Fact]
    public void Every_type_says_its_name_itself() => Types.Where(type => Alias(type) is null).ShouldBeEmpty();

    [Fact]
    public void A_type_without_a_golden_line_is_noticed() =>
        Golden.NotYet(Golden.Lines(File)[1..], Today, File).ShouldHaveSingleItem().ShouldContain(Golden.Lines(File)[0]);

    [Fact]
    public void Two_fields_that_changed_places_are_noticed()
    {
        // As a reader would see it whose two fields are the other way round.
        var line = Golden.Lines(File).First(l => l.StartsWith("commerce.contact ", StringComparison.Ordinal));
        Golden.Unreadable([line.Replace("\"email\":\"Email\"", "\"email\":\"Name\"", StringComparison.Ordinal)], Read).ShouldHaveSingleItem().ShouldContain("/email");
        Golden.Unreadable(["commerce.contact AAAA {}"], Read).ShouldHaveSingleItem();
    }

    private static string Write(object sample) =>
        $"{Alias(sample.GetType())} {Convert.ToBase64String(Serializer.SerializeToArray(sample))} {Say(sample)}";

    private static (JsonNode?, JsonNode?) Read(string line) => line.Split(' ', 3) is [_, var bytes, var wrote]
        ? (JsonNode.Parse(wrote), JsonNode.Parse(Say(Serializer.Deserialize<object>(Convert.FromBase64String(bytes))!)))
        : throw new FormatException("A line is: alias bytes what-it-says.");

    private static string? Alias(Type type) => type.GetCustomAttribute<AliasAttribute>()?.Alias;

    // Some have properties that are worked out, not carried; exceptions have a machine's details.
    private static string Say(object sample) => sample switch
    {
        Exception e => JsonSerializer.Serialize(new { Message = e.Message, (e as DependencyUnavailableException)?.Dependency }, EventTypes.Json),
        RecordedEvent e => JsonSerializer.Serialize(new
        {
            e.Service, e.Partition, e.Position, e.Id, e.Stream, e.Version, e.Type, e.OccurredAt, e.RecordedAt, e.Actor, e.Correlation, e.Causation, e.TraceParent, e.Data,
        }, EventTypes.Json),
        _ => JsonSerializer.Serialize(sample, sample.GetType(), EventTypes.Json),
    };
}
