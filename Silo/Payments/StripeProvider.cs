using System.Security.Cryptography;
using System.Text;
using Commerce.Kernel;
using Commerce.Payments;
using Commerce.ServiceDefaults;
using Stripe;
using Stripe.Checkout;

namespace Commerce.Silo.Payments;

/// <summary>
/// Stripe. An authorisation is a PaymentIntent with manual capture, a page is a Checkout Session, and our keys are Stripe's idempotency keys. Stripe finds nothing by such a key: a repeated request finds
/// it, and so does the metadata <c>operation</c>, though only after up to a minute. It forgets keys after a day, and a request repeated later is another one: what matters is found without them.
/// </summary>
public sealed class StripeProvider : IPaymentProvider, IDisposable
{
    private const string OperationKey = "operation", AccountKey = "account", VoidKey = "void", Replayed = "Idempotent-Replayed";

    private readonly HttpClient _http;
    private readonly StripeClient _stripe;
    private readonly ProviderAway _away;
    private readonly TimeProvider _time;
    private readonly Uri _page;

    /// <summary>Uses Stripe, or what speaks like it at <see cref="PaymentSettings.Url"/>.</summary>
    public StripeProvider(PaymentSettings settings, TimeProvider time, ILogger<StripeProvider> log)
    {
        (_away, _time) = (new ProviderAway(log), time);
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionLifetime = TimeSpan.FromMinutes(2) }) { Timeout = settings.Timeout };
        _stripe = new StripeClient(new StripeClientOptions
        {
            ApiKey = settings.Secret, ApiBase = settings.Url?.AbsoluteUri.TrimEnd('/'),
            // Nothing is tried twice here: an exception is "nobody knows", and the checkout process asks again under the same key.
            HttpClient = new SystemNetHttpClient(_http, maxNetworkRetries: 0, enableTelemetry: false),
        });
        _page = settings.PageUrl!;
    }

    /// <inheritdoc/>
    public Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel) => StripeAnswers.Of(operation, () => operation switch
    {
        _ when !IsSupported(operation.Amount.Currency) => Task.FromResult(StripeAnswers.Declined(operation, "currency-not-supported")),
        { Kind: OperationKind.Authorise, Page: not null } => OnPage(operation, cancel),
        { Kind: OperationKind.Authorise } => Authorise(operation, cancel),
        { Kind: OperationKind.Capture } => Capture(operation, cancel),
        { Kind: OperationKind.Refund } => Refund(operation, cancel),
        _ => Void(operation, cancel),
    }, () => Find(operation, cancel), _away);

    /// <inheritdoc/>
    public async Task<ProviderAnswer?> Find(ProviderOperation operation, CancellationToken cancel) => operation.Kind != OperationKind.Authorise
        ? null
        : await StripeAnswers.Reached(async () => Best(await Search(operation.Key, cancel)) is { } intent ? StripeAnswers.Of(operation, intent) : null, _away);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<ProviderAnswer> Authorise(ProviderOperation asked, CancellationToken cancel)
    {
        // Stripe may have forgotten the key of a repetition.
        if (asked.Repeated && Best(await Search(asked.Key, cancel)) is { } known && StripeAnswers.IsAuthorised(known)) return StripeAnswers.Of(asked, known);

        var intent = await _stripe.V1.PaymentIntents.CreateAsync(new PaymentIntentCreateOptions
        {
            Amount = asked.Amount.Minor, Currency = Lower(asked.Amount.Currency), CaptureMethod = "manual", Confirm = true, PaymentMethod = asked.Token, AllowedPaymentMethodTypes = ["card"],
            PaymentMethodOptions = new() { Card = new() { RequestMulticapture = "if_available" } }, Metadata = Metadata(asked), Expand = ["latest_charge"],
        }, Key(asked.Key), cancel);
        return StripeAnswers.Of(asked, intent);
    }

    private async Task<ProviderAnswer> OnPage(ProviderOperation asked, CancellationToken cancel)
    {
        // Once its time is over Stripe may have forgotten the page: what was paid on it is looked for before it is asked for, which might make another.
        if (asked.Page!.Until <= _time.GetUtcNow() && Best(await Search(asked.Key, cancel)) is { } known && StripeAnswers.IsAuthorised(known)) return StripeAnswers.Of(asked, known);

        var session = await SessionOf(asked, cancel);
        return session.Status switch
        {
            "open" when IsPage(session.Url) => new ProviderAnswer(false, Money.Zero(asked.Amount.Currency), session.Id, Page: session.Url),
            "open" => throw new InvalidOperationException("Stripe's page is not at the address this shop is configured with."),
            "complete" when session.PaymentIntent is { } intent => StripeAnswers.Of(asked, intent),
            _ => StripeAnswers.Declined(asked, "page-closed"),
        };
    }

    // The answer to a repeated request is the first one, as it was: the session is read anew. It is given no end of its own (that would have to be half an hour off): the shop closes it by a void.
    private async Task<Session> SessionOf(ProviderOperation asked, CancellationToken cancel)
    {
        var session = await _stripe.V1.Checkout.Sessions.CreateAsync(new SessionCreateOptions
        {
            Mode = "payment", SuccessUrl = asked.Page!.ReturnTo, CancelUrl = asked.Page.ReturnTo, ClientReferenceId = asked.Key, Metadata = Metadata(asked),
            LineItems = [new() { Quantity = 1, PriceData = new() { Currency = Lower(asked.Amount.Currency), UnitAmount = asked.Amount.Minor, ProductData = new() { Name = "Order" } } }],
            PaymentIntentData = new() { CaptureMethod = "manual", Metadata = Metadata(asked) },
            PaymentMethodOptions = new() { Card = new() { RequestMulticapture = "if_available" } },
        }, Key(asked.Key), cancel);
        return session.StripeResponse.Headers.Contains(Replayed) ? await Read(session.Id, cancel) : session;
    }

    private Task<Session> Read(string session, CancellationToken cancel) =>
        _stripe.V1.Checkout.Sessions.GetAsync(session, new SessionGetOptions { Expand = ["payment_intent", "payment_intent.latest_charge"] }, null, cancel);

    // Whether it is asked for the first time is not known here, and Stripe may have forgotten the key of a repetition: it is looked for before it is made. That is one request more, and no shopper waits for it.
    private async Task<ProviderAnswer> Capture(ProviderOperation asked, CancellationToken cancel)
    {
        if (await IntentOf(asked, cancel) is not { } intent) return StripeAnswers.Declined(asked, "unknown-authorisation");
        var made = (await _stripe.V1.PaymentIntents.GetAsync(intent, null, null, cancel)).Metadata.ContainsKey(CaptureKey(asked));
        if (!made) await _stripe.V1.PaymentIntents.CaptureAsync(intent, new PaymentIntentCaptureOptions
        {
            // A part leaves the rest for later shipments; who captures all needs no multicapture.
            AmountToCapture = asked.Amount.Minor, FinalCapture = asked.Amount == asked.Original?.Amount ? null : false, Metadata = new() { [CaptureKey(asked)] = asked.Key },
        }, Key(asked.Key), cancel);
        return new ProviderAnswer(true, asked.Amount, intent);
    }

    private async Task<ProviderAnswer> Refund(ProviderOperation asked, CancellationToken cancel)
    {
        if (await IntentOf(asked, cancel) is not { } intent) return StripeAnswers.Declined(asked, "unknown-authorisation");
        var refund = await _stripe.V1.Refunds.ListAutoPagingAsync(new RefundListOptions { PaymentIntent = intent, Limit = 100 }, null, cancel)
                .FirstOrDefaultAsync(made => made.Metadata?.GetValueOrDefault(OperationKey) == asked.Key, cancel)
            ?? await _stripe.V1.Refunds.CreateAsync(new RefundCreateOptions { PaymentIntent = intent, Amount = asked.Amount.Minor, Metadata = Metadata(asked) }, Key(asked.Key), cancel);
        return refund.Status is "failed" or "canceled"
            ? StripeAnswers.Declined(asked, refund.FailureReason ?? "failed")
            : new ProviderAnswer(true, asked.Amount with { Minor = refund.Amount }, refund.Id);
    }

    private async Task<ProviderAnswer> Void(ProviderOperation asked, CancellationToken cancel)
    {
        var intents = await IntentsOf(asked, cancel);
        if (asked.Original is { Page: not null } onPage && !intents.Any(StripeAnswers.IsAuthorised))
        {
            // Nobody has paid on it yet. Asked for once more under its key: if it never came, it has now, and is closed at once.
            var session = await SessionOf(onPage, cancel);
            if (session.Status == "open") session = await Close(session, asked, cancel);
            return session.PaymentIntent is { } paid ? await LetGo(paid, asked, cancel) : Nothing(asked, session.Id);
        }

        var gone = new List<ProviderAnswer>();
        foreach (var intent in intents) gone.Add(await LetGo(intent, asked, cancel));
        if (gone.MaxBy(one => one.Amount.Minor) is { } answer) return answer;

        // Nobody knows it. Its key is taken for something that never holds money: what still comes under it is refused as another request. When the key is taken already, the authorisation has come and
        // is found soon.
        var marker = await Unused(() => _stripe.V1.PaymentIntents.CreateAsync(
            new PaymentIntentCreateOptions
            {
                Amount = asked.Original?.Amount.Minor ?? asked.Amount.Minor, Currency = Lower(asked.Amount.Currency), AllowedPaymentMethodTypes = ["card"],
                Metadata = new() { [AccountKey] = asked.Account, [VoidKey] = asked.Key },
            }, Key(asked.Authorisation!), cancel));
        if (marker.Status != "canceled") await _stripe.V1.PaymentIntents.CancelAsync(marker.Id, null, Key(asked.Key, marker.Id), cancel);
        return Nothing(asked, marker.Id);
    }

    private async Task<Session> Close(Session session, ProviderOperation asked, CancellationToken cancel)
    {
        try
        {
            return await _stripe.V1.Checkout.Sessions.ExpireAsync(session.Id, null, Key(asked.Key, session.Id), cancel);
        }
        catch (StripeException tooLate) when (tooLate.StripeError?.Type == "invalid_request_error")
        {
            // The shopper was faster.
            return await Read(session.Id, cancel);
        }
    }

    // What was authorised and not captured. Who let go of it is written down first, so that a repetition answers the same and another void nothing.
    private async Task<ProviderAnswer> LetGo(PaymentIntent intent, ProviderOperation asked, CancellationToken cancel)
    {
        if (intent.Metadata.TryGetValue(VoidKey, out var by) && by != asked.Key) return Nothing(asked, intent.Id);
        if (by is null) await _stripe.V1.PaymentIntents.UpdateAsync(intent.Id, new PaymentIntentUpdateOptions { Metadata = new() { [VoidKey] = asked.Key } }, null, cancel);
        if (intent.Status == "requires_capture")
        {
            if (intent.AmountReceived == 0) await _stripe.V1.PaymentIntents.CancelAsync(intent.Id, null, Key(asked.Key, intent.Id), cancel);
            else await _stripe.V1.PaymentIntents.CaptureAsync(intent.Id, new PaymentIntentCaptureOptions { AmountToCapture = 0, FinalCapture = true }, Key(asked.Key, intent.Id), cancel);
        }

        var held = StripeAnswers.IsAuthorised(intent) ? intent.LatestCharge.Amount : 0;
        return new ProviderAnswer(true, asked.Amount with { Minor = held - intent.AmountReceived }, intent.Id);
    }

    private async Task<string?> IntentOf(ProviderOperation asked, CancellationToken cancel) => Known(asked) ?? Best(await Search(asked.Authorisation!, cancel))?.Id;

    // All that came of an authorisation, as they are now (a search tells what was): one, unless it was asked for again when Stripe had forgotten its key.
    private async Task<IReadOnlyList<PaymentIntent>> IntentsOf(ProviderOperation asked, CancellationToken cancel)
    {
        var intents = new List<PaymentIntent>();
        foreach (var id in Known(asked) is { } known ? [known] : (await Search(asked.Authorisation!, cancel)).Select(found => found.Id))
            intents.Add(await _stripe.V1.PaymentIntents.GetAsync(id, new PaymentIntentGetOptions { Expand = ["latest_charge"] }, null, cancel));
        return intents;
    }

    private async Task<IReadOnlyList<PaymentIntent>> Search(string key, CancellationToken cancel) => (await _stripe.V1.PaymentIntents.SearchAsync(
        new PaymentIntentSearchOptions { Query = $"metadata['{OperationKey}']:'{key.Replace("'", "\\'", StringComparison.Ordinal)}'", Expand = ["data.latest_charge"], Limit = 100 }, null, cancel)).Data;

    // The one that holds money, else one that did.
    private static PaymentIntent? Best(IReadOnlyList<PaymentIntent> found) => found.MaxBy(intent => (intent.Status == "requires_capture", StripeAnswers.IsAuthorised(intent)));

    private static string? Known(ProviderOperation asked) => asked.Reference is { } known && known.StartsWith("pi_", StringComparison.Ordinal) ? known : null;

    private static async Task<PaymentIntent> Unused(Func<Task<PaymentIntent>> claim)
    {
        try
        {
            return await claim();
        }
        catch (StripeException taken) when (taken.StripeError?.Type == "idempotency_error")
        {
            throw new DependencyUnavailableException("payment-provider");
        }
    }

    private bool IsPage(string url) => Uri.TryCreate(url, UriKind.Absolute, out var page)
        && Uri.Compare(page, _page, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static ProviderAnswer Nothing(ProviderOperation asked, string reference) => new(true, Money.Zero(asked.Amount.Currency), reference);

    private static Dictionary<string, string> Metadata(ProviderOperation asked) => new() { [OperationKey] = asked.Key, [AccountKey] = asked.Account };

    // A capture is no object that could be found: it leaves its key on its PaymentIntent, in the same request. Names there have forty characters at most.
    private static string CaptureKey(ProviderOperation asked) => $"capture_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(asked.Key)).AsSpan(0, 16))}";

    private static RequestOptions Key(string key) => new() { IdempotencyKey = key };

    // To Stripe a key belongs to one object; ours may come to a second one when Stripe has forgotten that there was a first.
    private static RequestOptions Key(string key, string id) => Key($"{key}/{id}");

    private static string Lower(Currency currency) => currency.Value.ToLowerInvariant();

    // Stripe's minor units are ours for currencies of two decimals, yen and won; of the others some are rounded there.
    private static bool IsSupported(Currency currency) => currency.Decimals == 2 || currency.Value is "JPY" or "KRW";
}
