using System.Collections.Concurrent;
using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Servers;
using Commerce.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Commerce.Silo.Tests.Payments;

/// <summary>What the shop expects of any payment provider, sentence by sentence; every adapter passes it.</summary>
public abstract class ProviderContract : IAsyncLifetime
{
    private const string Order = "t1/00000000000000000000000000000000-1";

    private readonly ConcurrentDictionary<string, ProviderOperation> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _references = new(StringComparer.Ordinal);
    private int _keys;

    protected IPaymentProvider Provider { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The provider as a new process of ours finds it.</summary>
    /// <param name="patience">How long an answer is waited for; longer than a slow machine takes if it is not said.</param>
    protected abstract Task<IPaymentProvider> Open(TimeSpan? patience = null);

    public virtual async ValueTask InitializeAsync() => Provider = await Open();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task A_good_method_authorises_exactly_what_was_asked()
    {
        var answer = await Authorise(Key(), 1234);

        answer.ShouldSatisfyAllConditions(
            x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1234)), x => x.Reference.ShouldNotBeEmpty(), x => x.Last4.ShouldBe("4242"), x => x.Page.ShouldBeNull());
    }

    [Theory, InlineData("tok_declined"), InlineData("tok_insufficient_funds")]
    public async Task A_method_that_is_declined_is_an_answer_with_a_reason(string token)
    {
        var answer = await Authorise(Key(), 1000, token);

        answer.ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldNotBeNullOrEmpty(), x => x.Amount.Minor.ShouldBe(0));
    }

    [Fact]
    public async Task Asked_again_under_the_same_key_it_finds_the_first_answer_also_from_another_process()
    {
        var key = Key();
        var first = await Authorise(key, 1000);

        (await Authorise(key, 1000)).ShouldBe(first);
        Provider = await Open();
        (await Authorise(key, 1000)).ShouldBe(first);
        (await Find(key))!.ShouldBe(first);
    }

    [Fact]
    public async Task A_decline_is_found_again_too()
    {
        var key = Key();
        var first = await Authorise(key, 1000, "tok_declined");

        (await Authorise(key, 1000, "tok_declined")).ShouldBe(first);
    }

    [Fact]
    public async Task Asked_by_many_at_once_it_takes_place_once()
    {
        var key = Key();
        await Authorise(key, 1000);
        var capture = Key();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Patiently(() => Capture(capture, key, 600))));

        answers.Select(answer => (answer.Succeeded, answer.Amount)).Distinct().ShouldHaveSingleItem().ShouldBe((true, Pence(600)));
        (await Capture(Key(), key, 401)).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task The_same_key_with_other_content_is_refused()
    {
        var key = Key();
        await Authorise(key, 1000);

        (await Authorise(key, 1001)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe("key-reused"));
        (await Void(Key(), key)).Amount.ShouldBe(Pence(1000));
    }

    [Fact]
    public async Task What_was_never_asked_for_is_found_nowhere() => (await Find(Key())).ShouldBeNull();

    [Fact]
    public async Task No_more_is_captured_than_is_authorised()
    {
        var key = Key();
        await Authorise(key, 1000);

        (await Capture(Key(), key, 600)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(600)));
        (await Capture(Key(), key, 401)).Succeeded.ShouldBeFalse();
        (await Capture(Key(), key, 400)).Amount.ShouldBe(Pence(400));
        (await Capture(Key(), key, 1)).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task No_more_is_refunded_than_is_captured()
    {
        var key = Key();
        await Authorise(key, 1000);
        (await Refund(Key(), key, 1)).Succeeded.ShouldBeFalse();
        await Capture(Key(), key, 600);

        (await Refund(Key(), key, 400)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(400)));
        (await Refund(Key(), key, 201)).Succeeded.ShouldBeFalse();
        (await Refund(Key(), key, 200)).Succeeded.ShouldBeTrue();
        (await Refund(Key(), key, 1)).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_refund_asked_twice_is_one_refund()
    {
        var (key, refund) = (Key(), Key());
        await Authorise(key, 1000);
        await Capture(Key(), key, 1000);

        var first = await Refund(refund, key, 700);

        (await Refund(refund, key, 700)).ShouldBe(first);
        (await Refund(Key(), key, 300)).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task A_void_lets_go_of_what_is_not_taken_and_nothing_is_taken_afterwards()
    {
        var (key, gone) = (Key(), Key());
        await Authorise(key, 1000);
        await Capture(Key(), key, 400);

        var first = await Void(gone, key);

        first.ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(600)));
        (await Void(gone, key)).Amount.ShouldBe(Pence(600));
        (await Capture(Key(), key, 1)).Succeeded.ShouldBeFalse();
        (await Refund(Key(), key, 400)).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task A_void_of_a_key_nobody_knows_blocks_a_later_authorisation_under_it()
    {
        var (key, gone) = (Key(), Key());

        (await Void(gone, key)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.Minor.ShouldBe(0));
        (await Void(gone, key)).Succeeded.ShouldBeTrue();
        (await Authorise(key, 1000)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Amount.Minor.ShouldBe(0));
        (await Capture(Key(), key, 1)).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task An_authorisation_that_has_lapsed_is_not_captured()
    {
        var key = Key();
        (await Authorise(key, 1000, "tok_lapsed")).Succeeded.ShouldBeTrue();

        (await Capture(Key(), key, 1000)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Code.ShouldBe("authorisation-expired"));
    }

    [Fact]
    public async Task A_silence_after_the_effect_is_an_exception_and_the_answer_comes_when_asked_again()
    {
        var key = Key();
        await Should.ThrowAsync<Exception>(() => Hastily(() => Authorise(key, 1000, "tok_timeout_after")));

        (await Authorise(key, 1000, "tok_timeout_after")).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1000)));
        (await Void(Key(), key)).Amount.ShouldBe(Pence(1000));
    }

    [Fact]
    public async Task A_silence_before_the_effect_is_an_exception_and_there_is_nothing_to_let_go_of()
    {
        var key = Key();
        await Should.ThrowAsync<Exception>(() => Hastily(() => Authorise(key, 1000, "tok_timeout_before")));

        (await Void(Key(), key)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.Minor.ShouldBe(0));
        (await Find(key))?.Succeeded.ShouldBeFalse();
    }

    [Theory, InlineData(1), InlineData(99), InlineData(123_456_789)]
    public async Task Amounts_are_exact(long minor)
    {
        var key = Key();

        (await Authorise(key, minor)).Amount.ShouldBe(Pence(minor));
        (await Capture(Key(), key, minor)).Amount.ShouldBe(Pence(minor));
        (await Refund(Key(), key, minor)).Amount.ShouldBe(Pence(minor));
    }

    protected string Key() => $"{Order[3..]}/{TestContext.Current.TestCase!.UniqueID[..8]}-{Interlocked.Increment(ref _keys)}";

    protected static Money Pence(long minor) => new(minor, Currency.GBP);

    protected async Task<ProviderAnswer> Authorise(string key, long minor, string token = "tok_ok")
    {
        var asked = _asked.GetOrAdd(key, new ProviderOperation(key, Order, OperationKind.Authorise, Pence(minor), token, null));
        var answer = await Provider.Execute(asked with { Amount = Pence(minor), Token = token }, Cancel);
        if (answer.Succeeded) _references[key] = answer.Reference;
        return answer;
    }

    protected Task<ProviderAnswer> Capture(string key, string authorisation, long minor) => On(key, OperationKind.Capture, authorisation, minor);

    protected Task<ProviderAnswer> Refund(string key, string authorisation, long minor) => On(key, OperationKind.Refund, authorisation, minor);

    protected Task<ProviderAnswer> Void(string key, string authorisation) => On(key, OperationKind.Void, authorisation, 0);

    protected Task<ProviderAnswer?> Find(string key) => Provider.Find(new(key, Order, OperationKind.Authorise, Pence(1000), "tok_ok", null), Cancel);

    protected async Task<ProviderAnswer> OnPage(string key, long minor, PageRequest page)
    {
        var asked = _asked.GetOrAdd(key, new ProviderOperation(key, Order, OperationKind.Authorise, Pence(minor), null, null) { Page = page });
        var answer = await Provider.Execute(asked with { Amount = Pence(minor) }, Cancel);
        if (answer.Succeeded) _references[key] = answer.Reference;
        return answer;
    }

    // As the payment does: with what is known of the authorisation.
    private Task<ProviderAnswer> On(string key, OperationKind kind, string authorisation, long minor) => Provider.Execute(
        new(key, Order, kind, Pence(minor), null, authorisation)
        {
            Reference = _references.GetValueOrDefault(authorisation),
            Original = _asked.GetValueOrDefault(authorisation) ?? new(authorisation, Order, OperationKind.Authorise, Pence(1000), "tok_ok", null),
        }, Cancel);

    // By a process that does not wait long; what comes after it is asked with patience again.
    protected async Task<ProviderAnswer> Hastily(Func<Task<ProviderAnswer>> ask)
    {
        Provider = await Open(TimeSpan.FromSeconds(4));
        try
        {
            return await ask();
        }
        finally
        {
            Provider = await Open();
        }
    }

    // A provider may say "this key is being worked on": nobody knows, so it is asked again.
    private static async Task<ProviderAnswer> Patiently(Func<Task<ProviderAnswer>> ask)
    {
        for (var left = 50; ; left--)
        {
            try
            {
                return await ask();
            }
            catch (DependencyUnavailableException) when (left > 0)
            {
                await Task.Delay(20, Cancel);
            }
        }
    }
}

/// <summary>What the shop expects of a provider outside of it, with a page of its own.</summary>
public abstract class PageContract : ProviderContract
{
    private const string ReturnTo = "http://127.0.0.1:1/back";

    /// <summary>The shopper chooses on the page.</summary>
    protected abstract Task Choose(string page, string card);

    /// <summary>The provider with other settings, and what it writes to the log.</summary>
    protected abstract IPaymentProvider Open(Func<PaymentSettings, PaymentSettings> change, ILoggerFactory log);

    [Fact]
    public async Task That_our_key_is_refused_is_said_once_and_where_it_is()
    {
        var log = new RecordedLog();
        using var stranger = (IDisposable)Open(settings => settings with { Secret = "somebody-else's-secret" }, log);

        for (var times = 0; times < 2; times++) await Should.ThrowAsync<DependencyUnavailableException>(() => ((IPaymentProvider)stranger).Find(Anything, Cancel));

        log.Lines.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            x => x.Level.ShouldBe(LogLevel.Error), x => x.Text.ShouldContain("401"), x => x.Text.ShouldContain("Payments__SecretFile"), x => x.Text.ShouldNotContain("secret", Case.Sensitive));
    }

    [Fact]
    public async Task Why_it_is_not_reached_is_said_once_without_its_address()
    {
        var (log, port) = (new RecordedLog(), FreePorts.Take(1)[0]);
        using var elsewhere = (IDisposable)Open(settings => settings with { Url = new Uri($"http://127.0.0.1:{port}/nobody") }, log);

        for (var times = 0; times < 2; times++) await Should.ThrowAsync<DependencyUnavailableException>(() => ((IPaymentProvider)elsewhere).Find(Anything, Cancel));

        log.Lines.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            x => x.Level.ShouldBe(LogLevel.Warning), x => x.Text.ShouldContain("ConnectionRefused"), x => x.Text.ShouldNotContain($"{port}"), x => x.Text.ShouldNotContain("127.0.0.1"));
    }

    [Fact]
    public async Task A_page_is_asked_for_once_and_found_again()
    {
        var key = Key();
        var first = await OnPage(key, 1000);

        first.ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Page.ShouldNotBeNullOrEmpty());
        (await OnPage(key, 1000)).Page.ShouldBe(first.Page);
        (await OnPage(key, 1001)).Code.ShouldBe("key-reused");
    }

    [Fact]
    public async Task What_the_shopper_does_on_the_page_is_found_under_its_key_and_done_twice_it_is_done_once()
    {
        var key = Key();
        var page = (await OnPage(key, 1000)).Page!;

        await Choose(page, "tok_ok");
        await Choose(page, "tok_ok");

        var paid = await OnPage(key, 1000);
        paid.ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.ShouldBe(Pence(1000)), x => x.Page.ShouldBeNull());
        (await Capture(Key(), key, 1000)).Succeeded.ShouldBeTrue();
        (await Capture(Key(), key, 1)).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_card_that_is_declined_leaves_the_page_open_for_another()
    {
        var key = Key();
        var page = (await OnPage(key, 1000)).Page!;

        await Choose(page, "tok_declined");
        (await OnPage(key, 1000)).Page.ShouldBe(page);
        await Choose(page, "tok_ok");

        (await OnPage(key, 1000)).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task A_void_closes_the_page_and_nothing_is_paid_on_it_any_more()
    {
        var key = Key();
        var page = (await OnPage(key, 1000)).Page!;

        (await Void(Key(), key)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeTrue(), x => x.Amount.Minor.ShouldBe(0));
        await Choose(page, "tok_ok");

        (await OnPage(key, 1000)).ShouldSatisfyAllConditions(x => x.Succeeded.ShouldBeFalse(), x => x.Page.ShouldBeNull());
    }

    [Fact]
    public async Task A_void_of_what_was_paid_on_the_page_meanwhile_lets_go_of_it()
    {
        var key = Key();
        await Choose((await OnPage(key, 1000)).Page!, "tok_ok");

        (await Void(Key(), key)).Amount.ShouldBe(Pence(1000));
    }

    protected Task<ProviderAnswer> OnPage(string key, long minor, TimeSpan? open = null) => OnPage(key, minor, new PageRequest(ReturnTo, Opened + (open ?? TimeSpan.FromMinutes(45))));

    protected static ProviderOperation Anything => new("k", "a", OperationKind.Authorise, Pence(1), null, null);

    private static readonly DateTimeOffset Opened = TimeProvider.System.GetUtcNow();
}

/// <summary>A log that a test reads.</summary>
public sealed class RecordedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IReadOnlyCollection<(LogLevel Level, string Text)> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, $"{formatter(state, exception)}{exception}"));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }
}
