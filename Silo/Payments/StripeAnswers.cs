using Commerce.Kernel;
using Commerce.Payments;
using Stripe;

namespace Commerce.Silo.Payments;

/// <summary>What Stripe says, in our words: done, declined with a reason, or nobody knows.</summary>
internal static class StripeAnswers
{
    /// <summary>An operation's answer. What Stripe refuses for good is declined; all else is an exception.</summary>
    /// <param name="asked">The operation.</param>
    /// <param name="ask">Asks for it.</param>
    /// <param name="find">Finds it without asking: a request that once failed within Stripe is answered so for ever, whatever became of it.</param>
    /// <param name="away">Says why there is no answer.</param>
    public static async Task<ProviderAnswer> Of(ProviderOperation asked, Func<Task<ProviderAnswer>> ask, Func<Task<ProviderAnswer?>> find, ProviderAway away)
    {
        try
        {
            return await Reached(ask, away);
        }
        catch (StripeException no) when (no.StripeError is { } error)
        {
            return error.Type switch
            {
                "idempotency_error" => Declined(asked, "key-reused"),
                "card_error" => Declined(asked, Words(error.DeclineCode ?? error.Code)),
                _ => Declined(asked, Reason(error)),
            };
        }
        catch (DependencyUnavailableException) when (asked.Kind == OperationKind.Authorise)
        {
            if (await find() is { } found) return found;
            throw;
        }
    }

    /// <summary>A PaymentIntent as the answer to its authorisation.</summary>
    public static ProviderAnswer Of(ProviderOperation asked, PaymentIntent intent) => intent switch
    {
        // Captured and canceled ones were authorised before: the answer stays what it was.
        { LatestCharge: { Status: "succeeded" } charge } => new ProviderAnswer(
            true, asked.Amount with { Minor = charge.Amount }, intent.Id, null, charge.PaymentMethodDetails?.Card?.Brand, charge.PaymentMethodDetails?.Card?.Last4),
        { Status: "requires_action" } => Declined(asked, "authentication-required"),
        { Status: "canceled" } => Declined(asked, "cancelled"),
        _ => Declined(asked, Words(intent.LastPaymentError?.DeclineCode ?? intent.LastPaymentError?.Code)),
    };

    /// <summary>Whether money was held by it, which may have been taken or let go of since.</summary>
    public static bool IsAuthorised(PaymentIntent intent) => intent.LatestCharge is { Status: "succeeded" };

    public static ProviderAnswer Declined(ProviderOperation asked, string code) => new(false, Money.Zero(asked.Amount.Currency), "", code);

    /// <summary>Whatever keeps an answer from coming is one thing to us, under a name of ours.</summary>
    public static async Task<T> Reached<T>(Func<Task<T>> ask, ProviderAway away)
    {
        try
        {
            var answer = await ask();
            away.Answers();
            return answer;
        }
        catch (StripeException e) when (e.StripeError is null || e.StripeError.Type == "api_error" || (int)e.HttpStatusCode is 401 or 403 or 409 or 429 or >= 500)
        {
            throw away.Because(e.HttpStatusCode);
        }
        catch (HttpRequestException failure)
        {
            throw away.Because(failure);
        }
        catch (TaskCanceledException silence) when (silence.InnerException is TimeoutException)
        {
            throw new TimeoutException("The payment provider did not answer in time.");
        }
    }

    private static string Reason(StripeError error) => error switch
    {
        { Code: "charge_expired_for_capture" } or { PaymentIntent: { Status: "canceled", CancellationReason: "automatic" or "expired" } } => "authorisation-expired",
        { Code: "amount_too_large" } => "exceeds-authorised",
        { Code: "charge_already_refunded" } => "exceeds-captured",
        _ => Words(error.Code),
    };

    private static string Words(string? code) => code is { Length: > 0 } ? code.Replace('_', '-') : "declined";
}
