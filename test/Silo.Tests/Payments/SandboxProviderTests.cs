using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Payments;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Payments;

/// <summary>What the sandbox provider does, by token and by the state of its ledger.</summary>
public sealed class SandboxProviderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private SandboxProvider _provider;

    public SandboxProviderTests() => _provider = Open(_folder["psp.db"]);

    public void Dispose()
    {
        _provider.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_good_token_authorises_and_tells_the_card()
    {
        var answer = await Authorise("a", 1000);
        answer.ShouldSatisfyAllConditions(
            x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1000)), x => x.Brand.ShouldBe("visa"), x => x.Last4.ShouldBe("4242"),
            x => x.Reference.ShouldNotBeEmpty(), x => x.Code.ShouldBeNull());
    }

    [Theory]
    [InlineData("tok_declined", "card-declined")]
    [InlineData("tok_nobody_knows", "invalid-token")]
    [InlineData(null, "invalid-token")]
    public async Task Another_token_is_declined_with_the_reason(string? token, string code) =>
        (await Authorise("a", 1000, token)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe(code), x => x.Amount.Minor.ShouldBe(0));

    [Fact]
    public async Task A_wrong_amount_is_a_penny_off() => (await Authorise("a", 1000, "tok_wrong_amount")).Amount.ShouldBe(Pence(999));

    [Fact]
    public async Task The_same_key_again_finds_the_first_answer_even_after_a_restart()
    {
        var first = await Authorise("a", 1000);
        _provider.Dispose();
        _provider = Open(_folder["psp.db"]);
        (await Authorise("a", 1000)).ShouldBe(first);
        (await _provider.Operations()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_with_other_content_is_refused()
    {
        await Authorise("a", 1000);
        (await Authorise("a", 1001)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe("key-reused"));
        (await Capture("a", "a", 1000)).Code.ShouldBe("key-reused");
        (await _provider.Operations()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_timeout_before_the_effect_never_has_it()
    {
        await Should.ThrowAsync<TimeoutException>(() => Authorise("a", 1000, "tok_timeout_before"));
        await Should.ThrowAsync<TimeoutException>(() => Authorise("a", 1000, "tok_timeout_before"));
        (await _provider.Operations()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_timeout_after_the_effect_is_answered_when_asked_again()
    {
        await Should.ThrowAsync<TimeoutException>(() => Authorise("a", 1000, "tok_timeout_after"));
        SandboxLedger.Read(_folder["psp.db"]).ShouldHaveSingleItem().Answer.Succeeded.ShouldBeTrue();
        (await Authorise("a", 1000, "tok_timeout_after")).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1000)));
    }

    [Theory, InlineData("tok_ok"), InlineData("tok_timeout_before")]
    public async Task An_authorisation_that_was_voided_before_it_came_is_cancelled_when_it_comes(string token)
    {
        (await Void("v", "a")).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.Minor.ShouldBe(0));
        (await Authorise("a", 1000, token)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe("cancelled"));
        (await Capture("c", "a", 1)).Code.ShouldBe("unknown-authorisation");
    }

    [Fact]
    public async Task A_void_lets_go_of_what_is_not_taken_and_ends_the_authorisation()
    {
        await Authorise("a", 1000);
        await Capture("c1", "a", 400);
        (await Void("v", "a")).Amount.ShouldBe(Pence(600));
        (await Void("v2", "a")).Amount.ShouldBe(Pence(0));
        (await Capture("c2", "a", 1)).Code.ShouldBe("voided");
        (await Refund("r", "a", 400)).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_is_taken_of_what_was_never_authorised()
    {
        await Authorise("a", 1000, "tok_declined");
        (await Capture("c1", "a", 1)).Code.ShouldBe("unknown-authorisation");
        (await Capture("c2", "nothing", 1)).Code.ShouldBe("unknown-authorisation");
        (await Void("v", "a")).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public Task No_sequence_of_operations_takes_more_than_was_held_or_gives_back_more_than_was_taken() =>
        Gen.Select(Gen.Int[0, 3], Gen.Long[-5, 80]).Array[1, 12].SampleAsync(
            async steps =>
            {
                using var folder = new TemporaryFolder();
                using var provider = Open(folder["psp.db"]);
                await provider.Execute(new("a", "t1/o", OperationKind.Authorise, Pence(100), "tok_ok", null), default);
                for (var i = 0; i < steps.Length; i++)
                {
                    var kind = steps[i].Item1 switch { 0 or 1 => OperationKind.Capture, 2 => OperationKind.Refund, _ => OperationKind.Void };
                    await provider.Execute(new($"{i}", "t1/o", kind, Pence(steps[i].Item2), null, "a"), default);
                }

                var done = (await provider.Operations()).Where(o => o.Answer.Succeeded).ToLookup(o => o.Kind, o => o.Answer.Amount.Minor);
                done[OperationKind.Refund].Sum().ShouldBeLessThanOrEqualTo(done[OperationKind.Capture].Sum());
                (done[OperationKind.Capture].Sum() + done[OperationKind.Void].Sum()).ShouldBeLessThanOrEqualTo(100);
                done.SelectMany(amounts => amounts).ShouldAllBe(amount => amount >= 0);
            },
            iter: 40);

    private static SandboxProvider Open(string path) => SandboxProvider.Open(path, NullLogger<SandboxProvider>.Instance);

    private static Money Pence(long minor) => new(minor, Currency.GBP);

    private Task<ProviderAnswer> Authorise(string key, long amount, string? token = "tok_ok") => Ask(key, OperationKind.Authorise, amount, token, null);

    private Task<ProviderAnswer> Capture(string key, string authorisation, long amount) => Ask(key, OperationKind.Capture, amount, null, authorisation);

    private Task<ProviderAnswer> Refund(string key, string authorisation, long amount) => Ask(key, OperationKind.Refund, amount, null, authorisation);

    private Task<ProviderAnswer> Void(string key, string authorisation) => Ask(key, OperationKind.Void, 1000, null, authorisation);

    private Task<ProviderAnswer> Ask(string key, OperationKind kind, long amount, string? token, string? authorisation) =>
        _provider.Execute(new ProviderOperation(key, "t1/order", kind, Pence(amount), token, authorisation), TestContext.Current.CancellationToken);
}
