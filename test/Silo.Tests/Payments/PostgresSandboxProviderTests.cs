using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Payments;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Payments;

/// <summary>The same provider with its ledger in the payment service's database, asked by several silos.</summary>
public sealed class PostgresSandboxProviderTests(PostgresFixture postgres) : IAsyncLifetime
{
    private ServiceDatabases _databases = null!;
    private SandboxProvider _provider = null!;

    public async ValueTask InitializeAsync()
    {
        _databases = await postgres.Journals(["payment"]);
        PostgresMigrations.Sandbox(_databases.ConnectionOf("payment"));
        _provider = SandboxProvider.Open(_databases.Of("payment"), NullLogger<SandboxProvider>.Instance);
    }

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Fact]
    public async Task An_operation_asked_again_finds_the_first_answer()
    {
        var first = await Ask("a", OperationKind.Authorise, 1000, "tok_ok", null);
        first.ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.Minor.ShouldBe(1000), x => x.Last4.ShouldBe("4242"));
        (await Ask("a", OperationKind.Authorise, 1000, "tok_ok", null)).ShouldBe(first);
        (await Ask("a", OperationKind.Authorise, 1001, "tok_ok", null)).Code.ShouldBe("key-reused");
        (await _provider.Operations()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_operation_asked_by_many_at_once_takes_place_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Ask("a", OperationKind.Authorise, 1000, "tok_ok", null)));
        answers.Distinct().ShouldHaveSingleItem().Succeeded.ShouldBeTrue();
        (await _provider.Operations()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Captures_at_once_never_take_more_than_was_authorised()
    {
        await Ask("a", OperationKind.Authorise, 1000, "tok_ok", null);
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Ask($"c{i}", OperationKind.Capture, 300, null, "a")));
        answers.Count(answer => answer.Succeeded).ShouldBe(3);
        answers.Where(answer => !answer.Succeeded).ShouldAllBe(answer => answer.Code == "exceeds-authorised");
        (await Ask("r", OperationKind.Refund, 901, null, "a")).Code.ShouldBe("exceeds-captured");
        (await Ask("v", OperationKind.Void, 1000, null, "a")).Amount.Minor.ShouldBe(100);
    }

    [Fact]
    public async Task What_was_voided_before_it_came_is_cancelled_when_it_comes()
    {
        (await Ask("v", OperationKind.Void, 1000, null, "a")).Amount.Minor.ShouldBe(0);
        (await Ask("a", OperationKind.Authorise, 1000, "tok_ok", null)).Code.ShouldBe("cancelled");
    }

    [Fact]
    public async Task Time_outs_behave_as_their_tokens_say()
    {
        await Should.ThrowAsync<TimeoutException>(() => Ask("a", OperationKind.Authorise, 1000, "tok_timeout_before", null));
        (await _provider.Operations()).ShouldBeEmpty();
        await Should.ThrowAsync<TimeoutException>(() => Ask("b", OperationKind.Authorise, 1000, "tok_timeout_after", null));
        (await Ask("b", OperationKind.Authorise, 1000, "tok_timeout_after", null)).Succeeded.ShouldBeTrue();
    }

    private Task<ProviderAnswer> Ask(string key, OperationKind kind, long amount, string? token, string? authorisation) =>
        _provider.Execute(new ProviderOperation(key, "t1/order", kind, new Money(amount, Currency.GBP), token, authorisation), TestContext.Current.CancellationToken);
}
