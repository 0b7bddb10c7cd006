using Commerce.Kernel;
using Commerce.Kit.Payments;
using Commerce.Payments;
using Commerce.ServiceDefaults;
using Commerce.Silo.Payments;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stripe;

namespace Commerce.Silo.Tests.Payments;

/// <summary>The adapter for Stripe, against the endpoints of Stripe's that the simulator answers.</summary>
public sealed class StripeContractTests : PageContract
{
    // Longer than Stripe keeps a key, and less than it holds money.
    private static readonly TimeSpan Weekend = TimeSpan.FromDays(2);

    private readonly TemporaryFolder _folder = new();
    private RunningSimulator _simulator = null!;
    private StripeProvider? _open;

    private PaymentSettings Settings => _simulator.Settings with { Provider = PaymentSettings.Stripe, Url = new Uri($"{_simulator.Url}/stripe") };

    public override async ValueTask InitializeAsync()
    {
        _simulator = await RunningSimulator.Start(_folder.Path);
        await base.InitializeAsync();
    }

    protected override Task<IPaymentProvider> Open(TimeSpan? patience = null)
    {
        _open?.Dispose();
        return Task.FromResult<IPaymentProvider>(_open = Opened(Settings with { Timeout = patience ?? Settings.Timeout }));
    }

    protected override IPaymentProvider Open(Func<PaymentSettings, PaymentSettings> change, ILoggerFactory log) => new StripeProvider(change(Settings), TimeProvider.System, log.CreateLogger<StripeProvider>());

    private static StripeProvider Opened(PaymentSettings settings) => new(settings, TimeProvider.System, NullLogger<StripeProvider>.Instance);

    protected override async Task Choose(string page, string card) => await _simulator.Choose(page, card);

    public override async ValueTask DisposeAsync()
    {
        _open?.Dispose();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_request_that_failed_within_Stripe_is_looked_for_by_what_it_is_about()
    {
        var key = Key();
        await _simulator.Faults(new PspSimulator.Fault("error-after"));

        (await Authorise(key, 1000)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1000)));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_was_paid_on_a_page_is_let_go_of_when_Stripe_has_forgotten_that_it_was_asked_for(bool known)
    {
        var key = Key();
        await Choose((await OnPage(key, 1000)).Page!, "tok_ok");
        if (known) (await OnPage(key, 1000)).Succeeded.ShouldBeTrue();
        await _simulator.Advance(Weekend);

        (await Void(Key(), key)).Amount.ShouldBe(Pence(1000));

        (await _simulator.Ledger()).Where(o => o.Kind != PspSimulator.Kind.Void).ShouldHaveSingleItem().State.ShouldBe(PspSimulator.State.Succeeded);
        (await _simulator.Ledger()).Single(o => o.Kind == PspSimulator.Kind.Void).ShouldSatisfyAllConditions(o => o.Authorisation.ShouldBe(key), o => o.Answered.Minor.ShouldBe(1000));
    }

    [Fact]
    public async Task What_was_paid_on_a_page_is_found_when_Stripe_has_forgotten_that_it_was_asked_for()
    {
        var (key, closes) = (Key(), TimeSpan.Zero);
        await Choose((await OnPage(key, 1000, closes)).Page!, "tok_ok");
        await _simulator.Advance(Weekend);

        (await OnPage(key, 1000, closes)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1000)));
    }

    [Fact]
    public async Task An_authorisation_that_was_made_twice_since_its_key_was_forgotten_is_let_go_of_twice()
    {
        var key = Key();
        await Should.ThrowAsync<Exception>(() => Hastily(() => Authorise(key, 1000, "tok_timeout_after")));
        await _simulator.Advance(Weekend);
        await Should.ThrowAsync<Exception>(() => Hastily(() => Authorise(key, 1000, "tok_timeout_after")));

        (await Void(Key(), key)).Amount.ShouldBe(Pence(1000));

        (await _simulator.Ledger()).Where(o => o.Kind == PspSimulator.Kind.Void).Select(o => o.Answered.Minor).ShouldBe([1000, 1000]);
    }

    [Fact]
    public async Task An_authorisation_that_is_repeated_when_Stripe_has_forgotten_its_key_is_one_authorisation()
    {
        var asked = Anything with { Key = Key(), Amount = Pence(1000), Token = "tok_ok" };
        var first = await Provider.Execute(asked, Cancel);
        await _simulator.Advance(Weekend);

        (await Provider.Execute(asked with { Repeated = true }, Cancel)).ShouldBe(first);

        (await _simulator.Ledger()).ShouldHaveSingleItem();
    }

    [Theory, InlineData(400), InlineData(1000)]
    public async Task A_refund_that_is_asked_for_again_when_Stripe_has_forgotten_its_key_is_one_refund(long minor)
    {
        var (key, refund) = (Key(), Key());
        await Authorise(key, 1000);
        await Capture(Key(), key, 1000);
        await _simulator.Faults(new PspSimulator.Fault("error-after", Times: 1));
        await Should.ThrowAsync<DependencyUnavailableException>(() => Refund(refund, key, minor));
        await _simulator.Advance(Weekend);

        (await Refund(refund, key, minor)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(minor)));

        (await _simulator.Ledger()).Where(o => o.Kind == PspSimulator.Kind.Refund).ShouldHaveSingleItem().Answered.Minor.ShouldBe(minor);
    }

    [Theory, InlineData(400), InlineData(1000)]
    public async Task A_capture_that_is_asked_for_again_when_Stripe_has_forgotten_its_key_is_one_capture(long minor)
    {
        var (key, capture) = (Key(), Key());
        await Authorise(key, 1000);
        await _simulator.Faults(new PspSimulator.Fault("error-after", Times: 1));
        await Should.ThrowAsync<DependencyUnavailableException>(() => Capture(capture, key, minor));
        await _simulator.Advance(Weekend);

        (await Capture(capture, key, minor)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(minor)));

        (await _simulator.Ledger()).Where(o => o.Kind == PspSimulator.Kind.Capture).ShouldHaveSingleItem().Answered.Minor.ShouldBe(minor);
    }

    [Fact]
    public async Task A_page_at_another_address_than_configured_is_never_shown()
    {
        using var elsewhere = Opened(Settings with { PageUrl = new Uri("https://checkout.stripe.com") });

        await Should.ThrowAsync<InvalidOperationException>(() => elsewhere.Execute(
            new(Key(), "t1/order", OperationKind.Authorise, Pence(1000), null, null) { Page = new("http://127.0.0.1:1/back", default) }, Cancel));
    }

    [Fact]
    public async Task A_currency_whose_minor_units_differ_there_is_declined_not_rounded() =>
        (await Provider.Execute(new(Key(), "t1/order", OperationKind.Authorise, new(1000, new("KWD")), "tok_ok", null), Cancel)).Code.ShouldBe("currency-not-supported");

    [Fact]
    public void The_simulator_signs_messages_as_Stripe_does()
    {
        const string body = """{"id":"evt_1","object":"event","api_version":"2026-01-01","created":1,"type":"ping","data":{"object":{"object":"payment_intent","id":"pi_1"}}}""";
        var signature = PspSimulator.HookQueue.Sign("whsec_test", body, TimeProvider.System.GetUtcNow());

        EventUtility.ConstructEvent(body, signature, "whsec_test", throwOnApiVersionMismatch: false).Id.ShouldBe("evt_1");
        Should.Throw<StripeException>(() => EventUtility.ConstructEvent(body, signature, "another", throwOnApiVersionMismatch: false));
    }
}
