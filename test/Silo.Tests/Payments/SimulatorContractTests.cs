using Commerce.Kernel;
using Commerce.Kit.Payments;
using Commerce.Payments;
using Commerce.PspSimulator;
using Commerce.ServiceDefaults;
using Commerce.Silo.Payments;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Payments;

/// <summary>The simulator over HTTP, and what only it can do.</summary>
public sealed class SimulatorContractTests : PageContract
{
    private readonly TemporaryFolder _folder = new();
    private RunningSimulator _simulator = null!;
    private SimulatorProvider? _open;

    public override async ValueTask InitializeAsync()
    {
        _simulator = await RunningSimulator.Start(_folder.Path);
        await base.InitializeAsync();
    }

    protected override Task<IPaymentProvider> Open(TimeSpan? patience = null)
    {
        _open?.Dispose();
        return Task.FromResult<IPaymentProvider>(_open = new SimulatorProvider(
            _simulator.Settings with { Timeout = patience ?? _simulator.Settings.Timeout }, NullLogger<SimulatorProvider>.Instance));
    }

    protected override IPaymentProvider Open(Func<PaymentSettings, PaymentSettings> change, ILoggerFactory log) => new SimulatorProvider(change(_simulator.Settings), log.CreateLogger<SimulatorProvider>());

    protected override async Task Choose(string page, string card) => await _simulator.Choose(page, card);

    public override async ValueTask DisposeAsync()
    {
        _open?.Dispose();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("timeout-before", 0), InlineData("error-before", 0)]
    [InlineData("timeout-after", 1), InlineData("error-after", 1), InlineData("reset-after", 1)]
    public async Task Whatever_keeps_an_answer_from_coming_nobody_knows_until_asked_again(string fault, int done)
    {
        var key = Key();
        await _simulator.Faults(new Fault(fault, Times: 1));

        (await Should.ThrowAsync<Exception>(() => Hastily(() => Authorise(key, 1000)))).ShouldSatisfyAllConditions(e => (e is TimeoutException or DependencyUnavailableException).ShouldBeTrue(e.ToString()));
        (await _simulator.Ledger()).Count.ShouldBe(done);

        (await Authorise(key, 1000)).Succeeded.ShouldBeTrue();
        (await _simulator.Ledger()).ShouldHaveSingleItem().Answered.Minor.ShouldBe(1000);
    }

    [Fact]
    public async Task An_outage_is_unknown_and_its_end_is_noticed()
    {
        var key = Key();
        await _simulator.Plan(new Plan(Outage: true));
        await Should.ThrowAsync<DependencyUnavailableException>(() => Authorise(key, 1000));
        await _simulator.Stop();
        await Should.ThrowAsync<DependencyUnavailableException>(() => Authorise(key, 1000));

        await _simulator.Start();
        await _simulator.Plan(new Plan());

        (await Authorise(key, 1000)).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task Its_clock_is_never_behind_and_ten_years_ahead_at_most()
    {
        foreach (var days in new[] { -1, 3_654, 10_000_000 }) await Refuses(days);
        await _simulator.Advance(TimeSpan.FromDays(3_653));
        await Refuses(1);
        await _simulator.Advance(TimeSpan.FromDays(-1));
        await _simulator.Advance(TimeSpan.FromDays(1));
        (await Authorise(Key(), 1000)).Succeeded.ShouldBeTrue();

        async Task Refuses(int days) => (await Should.ThrowAsync<HttpRequestException>(() => _simulator.Advance(TimeSpan.FromDays(days)))).StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_restart_forgets_nothing()
    {
        var key = Key();
        var (first, page) = (await Authorise(key, 1000), (await OnPage($"{key}-page", 500)).Page!);

        await _simulator.Stop();
        await _simulator.Start();

        (await Authorise(key, 1000)).ShouldBe(first);
        (await OnPage($"{key}-page", 500)).Page.ShouldBe(page);
    }

    [Theory, InlineData("yes", true, null), InlineData("no", false, "challenge")]
    public async Task A_challenge_is_passed_or_failed(string answer, bool paid, string? still)
    {
        var key = Key();
        var page = (await OnPage(key, 1000)).Page!;

        await _simulator.Choose(page, "tok_challenge", answer);

        var now = await OnPage(key, 1000);
        (now.Succeeded, now.Page is not null).ShouldBe((paid, still is not null));
    }

    [Fact]
    public async Task A_shopper_who_cancels_on_the_page_has_declined()
    {
        var key = Key();
        (await _simulator.Choose((await OnPage(key, 1000)).Page!, "cancel"))!.AbsolutePath.ShouldBe("/back");

        (await OnPage(key, 1000)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe("shopper-cancelled"), x => x.Page.ShouldBeNull());
    }

    [Fact]
    public async Task A_page_closes_when_its_time_is_over()
    {
        var key = Key();
        var page = (await OnPage(key, 1000, TimeSpan.FromMinutes(15))).Page!;
        await _simulator.Advance(TimeSpan.FromMinutes(16));

        await _simulator.Choose(page, "tok_ok");

        (await OnPage(key, 1000, TimeSpan.FromMinutes(15))).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe("page-closed"));
    }

    [Fact]
    public async Task Money_is_held_for_a_week()
    {
        var key = Key();
        await Authorise(key, 1000);
        await _simulator.Advance(TimeSpan.FromDays(7));

        (await Capture(Key(), key, 1000)).Code.ShouldBe("authorisation-expired");
        (await Void(Key(), key)).Amount.ShouldBe(Pence(1000));
    }

    [Fact]
    public async Task What_a_bank_took_back_is_not_refunded_too()
    {
        var (key, capture) = (Key(), Key());
        await Authorise(key, 1000);
        await Capture(capture, key, 1000);
        using var done = await _simulator.ChargeBack(capture, 700);
        done.IsSuccessStatusCode.ShouldBeTrue();
        var taken = (await _simulator.Ledger()).Single(o => o.Kind == Kind.ChargeBack);
        var told = new ProviderOperation(taken.Key, taken.Account, OperationKind.ChargeBack, Pence(0), null, null);
        (await _open!.Find(told, CancellationToken.None))!.ShouldSatisfyAllConditions(answer => answer.Succeeded.ShouldBeTrue(), answer => answer.Amount.ShouldBe(Pence(700)));
        // Nor is another payment's, or another operation of this one, taken for it.
        (await _open.Find(told with { Account = "t1/another" }, CancellationToken.None)).ShouldBeNull();
        (await _open.Find(told with { Key = capture }, CancellationToken.None)).ShouldBeNull();

        (await Refund(Key(), key, 301)).Succeeded.ShouldBeFalse();
        (await Refund(Key(), key, 300)).Succeeded.ShouldBeTrue();
        using var more = await _simulator.ChargeBack(capture);
        more.IsSuccessStatusCode.ShouldBeFalse();
    }

    [Fact]
    public async Task Its_ledger_can_be_read_from_end_to_end()
    {
        var key = Key();
        await Authorise(key, 1000);
        await Capture($"{key}-c", key, 400);

        (await SimulatorLedger.Read(_simulator.Settings)).Select(operation => (operation.Key, operation.Kind, operation.Answer.Amount.Minor))
            .ShouldBe([(key, OperationKind.Authorise, 1000L), ($"{key}-c", OperationKind.Capture, 400L)]);
    }

    [Fact]
    public async Task An_outage_is_told_of_once_and_the_next_one_again()
    {
        var log = new RecordedLog();
        using var provider = (SimulatorProvider)Open(static settings => settings, log);
        for (var outages = 1; outages <= 2; outages++)
        {
            await _simulator.Plan(new Plan(Outage: true));
            for (var times = 0; times < 2; times++) await Should.ThrowAsync<DependencyUnavailableException>(() => provider.Find(Anything, Cancel));
            log.Lines.Count(line => line.Text.Contains("503", StringComparison.Ordinal)).ShouldBe(outages);

            await _simulator.Plan(new Plan());
            await provider.Execute(Anything with { Token = "tok_ok" }, Cancel);
        }
    }

    [Theory, InlineData("ASPNETCORE_ENVIRONMENT"), InlineData("DOTNET_ENVIRONMENT")]
    public void It_refuses_to_start_in_production(string variable) => Should.Throw<RefusedException>(() => SimulatorOptions.Of(
        new Microsoft.Extensions.Configuration.ConfigurationManager { [variable] = "Production" })).Message.ShouldContain(variable);
}
