using System.Collections.Immutable;
using System.Reflection;
using Commerce.Kernel;

namespace Commerce.Contracts;

/// <summary>The codes of refusals are the error table of the HTTP interface.</summary>
public sealed class RefusalTests
{
    private const string File = "error-codes.txt";

    /// <summary>Codes of the HTTP interface that a rule may give; the rest are the gateway's own.</summary>
    private static readonly string[] Table =
    [
        "validation-failed", "not-found", "out-of-stock", "cart-frozen", "quote-changed", "illegal-transition", "version-mismatch",
        "idempotency-key-reused", "promotion-exhausted",
    ];

    private static IEnumerable<(string Where, Refusal Refusal)> All =>
        from type in typeof(Money).Assembly.GetTypes()
        where type is { IsAbstract: true, IsSealed: true } && type.Name.EndsWith("Errors", StringComparison.Ordinal)
        from member in type.GetMembers(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let refusal = member switch
        {
            FieldInfo constant => constant.GetValue(null),
            PropertyInfo computed => computed.GetValue(null),
            MethodInfo { IsSpecialName: false } method when !TakesItsWords(method) => Sample.Call(method),
            _ => null,
        }
        where refusal is Refusal
        select ($"{type.Name}.{member.Name}", (Refusal)refusal);

    private static IEnumerable<string> Today => All.Select(x => x.Refusal.Code).Distinct().Order(StringComparer.Ordinal);

    [Fact]
    public void The_codes_are_those_written_down()
    {
        Golden.Check(Golden.NotYet(Golden.Lines(File), Today, File));
        Golden.Check(Golden.Gone(Golden.Lines(File), Today, File));
    }

    [Fact]
    public void Every_code_is_in_the_table_of_the_interface() => OutsideTheTable(All).ShouldBeEmpty();

    [Fact]
    public void Every_refusal_says_a_sentence_and_points_into_the_request() => Mute(All).ShouldBeEmpty();

    [Fact]
    public void A_made_up_code_and_a_mute_refusal_are_noticed()
    {
        (string, Refusal)[] bad = [("X.Y", new Refusal("no-such-code", "", [new RefusalDetail("lines", "no slash")]))];
        OutsideTheTable(bad).ShouldBe(["X.Y: no-such-code"]);
        Mute(bad).ShouldBe(["X.Y"]);
        Golden.Gone(Golden.Lines(File), Today.Skip(1), File).ShouldHaveSingleItem();
    }

    [Fact]
    public void All_aggregates_were_asked() =>
        All.Select(x => x.Where.Split('.')[0]).Distinct().ShouldBe(
            ["CartErrors", "CustomerErrors", "KernelErrors", "OrderErrors", "PaymentErrors", "ProductErrors", "StockErrors"], ignoreOrder: true);

    // What these say is said by who calls them.
    private static bool TakesItsWords(MethodInfo method) =>
        method.GetParameters().Any(p => p.Name == "message" || p.ParameterType == typeof(ImmutableArray<RefusalDetail>));

    private static IEnumerable<string> OutsideTheTable(IEnumerable<(string Where, Refusal Refusal)> all) =>
        all.Where(x => !Table.Contains(x.Refusal.Code)).Select(x => $"{x.Where}: {x.Refusal.Code}");

    private static IEnumerable<string> Mute(IEnumerable<(string Where, Refusal Refusal)> all) =>
        all.Where(x => !x.Refusal.Message.EndsWith('.') || x.Refusal.Details.Any(d => d.Pointer.Length > 0 && d.Pointer[0] != '/')).Select(x => x.Where);
}
