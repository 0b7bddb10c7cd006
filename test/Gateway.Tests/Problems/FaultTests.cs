using Commerce.Gateway.Problems;
using Commerce.Gateway.Tests.Shop;
using Commerce.Kernel;
using Microsoft.AspNetCore.Http;
using Orleans.Runtime;

namespace Commerce.Gateway.Tests.Problems;

public sealed class FaultTests
{
    [Fact]
    public async Task A_journal_that_is_away_is_an_outage_and_the_shop_goes_on_afterwards()
    {
        await using var shop = new TestShop();
        await shop.InitializeAsync();
        var sku = await shop.Stocked(1);
        var body = new { delta = 1, reason = "delivery" };

        shop.Journal.Down = true;
        var away = (await shop.Operator().Post($"/v1/admin/stock/{sku}/adjustments", body, "the-key")).ShouldBe(503, "dependency-unavailable");
        away.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        ((bool)away.Json["retryable"]!).ShouldBeTrue();
        (await shop.Guest().Get("/v1/carts/some-cart-nobody-has-read-so-far")).ShouldBe(503, "dependency-unavailable");
        (await shop.Guest().Get("/healthz/ready")).ShouldBe(503);
        (await shop.Guest().Get("/healthz/live")).ShouldBe(200);

        shop.Journal.Down = false;
        (await shop.Buy(await shop.Cart((await shop.Stocked(1), 1)))).ShouldBe(201);
        (await shop.Guest().Get("/healthz/ready")).ShouldBe(200);
    }

    public static TheoryData<Exception, string> Outages => new()
    {
        { new DependencyUnavailableException("journal"), "dependency-unavailable" },
        { new TimeoutException("Response did not arrive on time in 00:00:30 for S127.0.0.1:11111"), "dependency-unavailable" },
        { new SiloUnavailableException("S127.0.0.1:11111"), "dependency-unavailable" },
        { new OrleansException("No active nodes are compatible with grain cart"), "dependency-unavailable" },
        { new OrleansException("Trying to register product/t1/TEA on invalid silo: S127.0.0.1:11111:1. Known status: Dead"), "dependency-unavailable" },
        { new TaskCanceledException("GrainLocator.Register gave up at S127.0.0.1:11111"), "dependency-unavailable" },
        { new OrleansException("something else at S127.0.0.1:11111"), "internal-error" },
        { new InvalidOperationException("select * from secrets"), "internal-error" },
        { new GrainFaultException("ICartGrain.Add failed: NullReferenceException."), "internal-error" },
        { new BadHttpRequestException("Request body too large.", 413), "payload-too-large" },
        { new BadHttpRequestException("Unexpected end of request content.", 400), "validation-failed" },
    };

    [Theory]
    [MemberData(nameof(Outages))]
    public void A_fault_says_what_the_caller_can_do_and_nothing_of_our_inside(Exception fault, string code)
    {
        var refusal = Faults.RefusalOf(fault);
        refusal.Code.ShouldBe(code);
        refusal.Message.ShouldNotContain("127.0.0.1");
        refusal.Message.ShouldNotContain("select");
        refusal.Message.ShouldNotContain("Exception");
    }

    [Fact]
    public void The_table_of_codes_is_the_published_one() =>
        string.Join('\n', ProblemKinds.ByCode.OrderBy(row => row.Value.Status).ThenBy(row => row.Key, StringComparer.Ordinal)
            .Select(row => $"{row.Value.Status} {row.Key}{(row.Value.Retryable ? " retryable" : "")}")).ShouldBe(
            """
            400 validation-failed
            401 unauthenticated
            403 forbidden
            404 not-found
            405 method-not-allowed
            409 cart-frozen
            409 idempotency-in-progress retryable
            409 illegal-transition
            409 out-of-stock
            409 quote-changed
            412 version-mismatch
            413 payload-too-large
            415 unsupported-media-type
            422 card-data-rejected
            422 idempotency-key-reused
            422 promotion-exhausted
            428 precondition-required
            429 rate-limited retryable
            500 internal-error
            503 dependency-unavailable retryable
            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Every_code_and_every_header_of_a_problem_holds_for_each_kind()
    {
        foreach (var (code, kind) in ProblemKinds.ByCode)
        {
            var problem = new Refusal(code, "why").ToProblem(new DefaultHttpContext());
            (problem.Code, problem.Status, problem.Type, problem.Retryable).ShouldBe((code, kind.Status, $"urn:commerce:problem:{code}", kind.Retryable));
            (problem.RetryAfter is not null).ShouldBe(kind.Status is 429 or 503);
        }

        new Refusal("a-code-nobody-listed", "secret").ToProblem(new DefaultHttpContext()).ShouldSatisfyAllConditions(
            problem => problem.Status.ShouldBe(500), problem => problem.Detail.ShouldNotContain("secret"));
    }
}
