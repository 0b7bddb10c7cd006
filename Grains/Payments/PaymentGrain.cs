using Commerce.Kernel;
using Microsoft.Extensions.Logging;

namespace Commerce.Payments;

[GrainType("payment"), Role("payment")]
internal sealed partial class PaymentGrain(IJournal journal, TimeProvider time, IPaymentProvider provider, ILogger<PaymentGrain> log)
    : AggregateGrain<Payment, PaymentEvent>(journal, time, Payment.None, (s, e) => s.Evolve(e)), IPaymentGrain
{
    /// <summary>How long the provider may take; after that its answer is unknown (its own sessions answer within seconds).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override bool UsuallyNew => true;

    // The provider is asked once at a time per operation; who asks meanwhile joins.
    private readonly Dictionary<string, Task<Result<PaymentOutcome>>> _asking = new(StringComparer.Ordinal);

    public Task<Result<PaymentOutcome>> Authorise(string operation, Money due, string token) => Perform(operation, s => s.Authorise(operation, due, token));

    public Task<Result<PaymentOutcome>> AuthoriseOnPage(string operation, Money due, string returnTo, DateTimeOffset until) =>
        Perform(operation, s => s.AuthoriseOnPage(operation, due, new(returnTo, until)));

    public async Task<Result<PaymentOutcome>> Look(string operation)
    {
        if (await Query(s => s.Find(operation)?.Outcome, recent: true) is not { } outcome) return await LookForChargeBack(operation);
        // Unknown is asked again under its key, as ever. What was declined is read only: a provider may have forgotten its key by now, and must not do it anew.
        if (outcome == OutcomeKind.Unknown) return await Perform(operation, static _ => Events<PaymentEvent>.None);
        if (outcome == OutcomeKind.Declined) await Reread(operation);
        // Whatever is said of an authorisation that came beside another is said once that has been let go of.
        if (await StillLettingGo() is not null) throw new DependencyUnavailableException("payment-provider");
        return await Query(s => new Result<PaymentOutcome>(s.Live(operation)), recent: true);
    }

    public async Task<Result<PaymentOutcome>> Capture(string operation, Money amount)
    {
        // Of an order that was paid by another attempt nothing else comes round to it.
        await StillLettingGo();
        var captured = await Perform(operation, s => s.Capture(operation, amount));
        return !captured.Ok && await Query(s => s.Spent(operation, amount)) is { } spent ? spent : captured;
    }

    public async Task<Result<PaymentOutcome>> Void(string operation)
    {
        // Nobody asks again once there is nothing to let go of: of a payment that was closed before, that is believed of the journal only.
        if (await Query(s => s.Closed)) await Reread();
        // That nothing is held any more is said when it is true of all.
        return await StillLettingGo() is { } unknown ? unknown : await Perform(operation, s => s.Void(operation));
    }

    public Task<Result<PaymentOutcome>> Refund(string operation, Money amount) => Perform(operation, s => s.Refund(operation, amount));

    public Task<Result<PaymentView>> Get() => Query(s => s.Operations.IsEmpty ? PaymentErrors.NotFound : new Result<PaymentView>(View(s)), recent: true);

    private async Task<Result<PaymentOutcome>> Perform(string operation, Func<Payment, Result<Events<PaymentEvent>>> request)
    {
        // Recorded before it is attempted: a crash from here on finds the operation and asks again under the same key.
        PresumeNew();
        var repeated = true;
        var asked = await Decide<(PaymentOutcome Outcome, ProviderOperation Operation)>(
            CommandKey.None,
            s =>
            {
                repeated = s.Find(operation) is not null;
                return request(s);
            },
            s => s.Find(operation) is null ? PaymentErrors.NotFound : (s.Outcome(operation), Describe(s, operation)));
        if (!asked.Ok) return asked.Refusal!;
        return asked.Value.Outcome.Kind != OutcomeKind.Unknown ? asked.Value.Outcome : await AskOnce(asked.Value.Operation with { Repeated = repeated });
    }

    private async Task<Result<PaymentOutcome>> AskOnce(ProviderOperation operation)
    {
        if (_asking.TryGetValue(operation.Key, out var running)) return await running;
        var asking = _asking[operation.Key] = Ask(operation);
        try
        {
            return await asking;
        }
        finally
        {
            _asking.Remove(operation.Key);
        }
    }

    private async Task<Result<PaymentOutcome>> Ask(ProviderOperation operation)
    {
        ProviderAnswer answer;
        try
        {
            using var patience = new CancellationTokenSource(Patience, Time);
            answer = await provider.Execute(operation, patience.Token);
            CrashPoint.Reached(CrashPoint.AfterProvider, operation.Kind);
        }
        catch (Exception e)
        {
            LogNoAnswer(e, operation.Kind, operation.Key);
            return await Apply(s => s.Miss(operation.Key), s => s.Outcome(operation.Key));
        }

        return await Apply(s => s.Record(operation.Key, answer), s => s.Outcome(operation.Key));
    }

    // Second authorisations are let go of; what is known of one the provider does not answer for, null when nothing is left to ask.
    private async Task<PaymentOutcome?> StillLettingGo()
    {
        while (await Query(s => s.LettingGo?.Key) is { } second)
        {
            var outcome = (await Perform(second, static _ => Events<PaymentEvent>.None)).Value;
            if (outcome.Kind == OutcomeKind.Unknown) return outcome;
            if (outcome.Kind == OutcomeKind.Declined) LogKept(second, outcome.Code);
        }

        return null;
    }

    // The provider is asked, not believed: whoever told us has said no more than where to look.
    private async Task<Result<PaymentOutcome>> LookForChargeBack(string operation)
    {
        if (await Query(s => s.Operations is [var first, ..] ? first.Amount.Currency : (Currency?)null) is not { } currency) return PaymentErrors.NotFound;
        using var patience = new CancellationTokenSource(Patience, Time);
        var asked = new ProviderOperation(operation, this.GetPrimaryKeyString(), OperationKind.ChargeBack, Money.Zero(currency), null, null);
        return await provider.Find(asked, patience.Token) is { } answer
            ? await Decide(CommandKey.None, s => s.ChargeBack(operation, answer), s => s.Find(operation) is null ? PaymentErrors.NotFound : new Result<PaymentOutcome>(s.Outcome(operation)))
            : PaymentErrors.NotFound;
    }

    private async Task Reread(string operation)
    {
        var asked = await Query(s => Describe(s, operation));
        using var patience = new CancellationTokenSource(Patience, Time);
        if (await provider.Find(asked, patience.Token) is { } answer) await Apply(s => s.Record(operation, answer));
    }

    private ProviderOperation Describe(Payment s, string operation)
    {
        var asked = s.Find(operation)!;
        var authorisation = asked.Kind == OperationKind.Authorise ? null : s.Base(operation);
        return new(operation, this.GetPrimaryKeyString(), asked.Kind, asked.Amount, asked.Token, authorisation?.Key) 
        {
            Page = asked.Asked, Reference = authorisation?.Reference, Original = authorisation is null ? null : Describe(s, authorisation.Key),
        };
    }

    private static PaymentView View(Payment s)
    {
        var currency = s.Operations[0].Amount.Currency;
        return new(
            new(s.Authorised, currency), new(s.Captured, currency), new(s.Refunded, currency), new(s.Voided, currency),
            [.. s.Operations.Select(o => new PaymentOperation(o.Key, o.Kind, o.Outcome == OutcomeKind.Succeeded ? o.Actual : o.Amount, o.Outcome))], s.Holding?.Key);
    }

    [LoggerMessage(LogLevel.Error, "The payment provider declined {Operation}, by which a second authorisation was to be let go of: {Code}. It is to be let go of by hand.")]
    private partial void LogKept(string operation, string? code);

    [LoggerMessage(LogLevel.Warning, "The payment provider gave no answer to {Kind} {Operation}; it is asked again under the same key.")]
    private partial void LogNoAnswer(Exception error, OperationKind kind, string operation);
}
