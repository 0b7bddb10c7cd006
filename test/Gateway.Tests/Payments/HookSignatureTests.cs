using System.Text;
using Commerce.Gateway.Payments;

namespace Commerce.Gateway.Tests.Payments;

public sealed class HookSignatureTests
{
    private const string Secret = "whsec_of_the_test";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"id":"evt_1"}""");

    // An independent witness of the scheme: computed with openssl over "1700000000.{"id":"evt_1"}".
    private const string Mac = "354ad323beb354315072cd0a1fa851657d9cfcac11e358823d7e991a7891d715";

    [Fact]
    public void A_message_signed_with_the_secret_is_true() => Check($"t=1700000000,v1={Mac}").ShouldBe(Seal.True);

    [Fact]
    public void While_a_secret_is_changed_one_of_two_signatures_is_enough() => Check($"t=1700000000,v1={new string('0', 64)},v1={Mac},v0=old").ShouldBe(Seal.True);

    [Theory]
    [InlineData(null), InlineData(""), InlineData("t=1700000000"), InlineData("v1=00"), InlineData("t=,v1=00"), InlineData("t=-1,v1=00"), InlineData("nonsense")]
    public void Without_a_signature_it_is_forged(string? header) => Check(header).ShouldBe(Seal.Forged);

    [Fact]
    public void Another_body_another_time_or_another_secret_is_forged()
    {
        HookSignature.Check($"t=1700000000,v1={Mac}", [.. Body, (byte)' '], Secret, Now).ShouldBe(Seal.Forged);
        Check($"t=1700000001,v1={Mac}").ShouldBe(Seal.Forged);
        HookSignature.Check($"t=1700000000,v1={Mac}", Body, "another secret", Now).ShouldBe(Seal.Forged);
    }

    [Theory, InlineData(300, Seal.True), InlineData(301, Seal.Stale), InlineData(-300, Seal.True), InlineData(-301, Seal.Stale)]
    public void A_message_that_is_too_old_or_ahead_of_time_is_stale(int seconds, Seal seal) =>
        HookSignature.Check($"t=1700000000,v1={Mac}", Body, Secret, Now.AddSeconds(seconds)).ShouldBe(seal);

    private static Seal Check(string? header) => HookSignature.Check(header, Body, Secret, Now);
}
