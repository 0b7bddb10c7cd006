using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc;

namespace Commerce.PspSimulator;

/// <summary>
/// The handful of Stripe's endpoints that the shop's adapter uses, under <c>/stripe</c>, on the same ledger: the idempotency key of a request is the operation's key, for a day; after that it stands for
/// nothing, and what comes under it is another operation. Sources: Stripe's API reference for PaymentIntents, Checkout Sessions, Refunds, idempotent requests and errors.
/// </summary>
internal static partial class StripeEndpoints
{
    private static readonly TimeSpan KeyKept = TimeSpan.FromDays(1);

    public static void Map(WebApplication app)
    {
        var stripe = app.MapGroup("/stripe/v1").DisableAntiforgery();
        stripe.MapPost("payment_intents", Create);
        stripe.MapGet("payment_intents/search", Search);
        stripe.MapGet("payment_intents/{id}", (string id, Ledger ledger, StripeObjects show) => Of(ledger, id) is { } intent ? Results.Json(show.Intent(intent)) : Missing());
        stripe.MapPost("payment_intents/{id}", Update);
        stripe.MapPost("payment_intents/{id}/capture", Capture);
        stripe.MapPost("payment_intents/{id}/cancel", (string id, HttpContext http, Ledger ledger, Desk desk, StripeObjects show) => Void(id, http, ledger, desk, show));
        stripe.MapPost("refunds", Refund);
        stripe.MapGet("refunds", ([FromQuery(Name = "payment_intent")] string intent, Ledger ledger, StripeObjects show) => Of(ledger, intent) is { } on
            ? Results.Json(List("list", "/v1/refunds", ledger.Do(books => books.On(on.Key)).Where(operation => operation is { Asked.Kind: Kind.Refund, State: State.Succeeded }).Select(show.Refund)))
            : Missing());
        stripe.MapPost("checkout/sessions", Open);
        stripe.MapGet("checkout/sessions/{id}", (string id, Ledger ledger, StripeObjects show) => Of(ledger, id) is { } session ? Results.Json(show.Session(session)) : Missing());
        stripe.MapPost("checkout/sessions/{id}/expire", Expire);
    }

    private static async Task<IResult> Create(HttpContext http, Ledger ledger, Desk desk, StripeObjects show)
    {
        var form = await http.Request.ReadFormAsync();
        var served = await desk.Serve(new Asked(KeyOf(http, ledger, desk), form["metadata[account]"]!, Kind.Authorise, Minor(form["amount"]), Currency(form["currency"]), Text(form["payment_method"])), "stripe");
        return await Simulator.Answer(http, served.Fault, () => served switch
        {
            { Reused: true } => Reused(),
            // One without a method waits for one; one that was declined says why.
            { Operation: { State: State.Declined, Asked.Token: not null } declined } => Error(402, "card_error", "card_declined", declined.Code!.Replace('-', '_'), show.Intent(declined)),
            { Operation: { } intent } => Results.Json(show.Intent(intent)),
            _ => Results.StatusCode(500),
        });
    }

    private static async Task<IResult> Update(string id, HttpContext http, Ledger ledger, StripeObjects show)
    {
        if (Of(ledger, id) is not { } intent) return Missing();
        var form = await http.Request.ReadFormAsync();
        ledger.Do(books => { StripeObjects.Note(books, intent, form); return true; });
        return Results.Json(show.Intent(intent));
    }

    private static async Task<IResult> Capture(string id, HttpContext http, Ledger ledger, Desk desk, StripeObjects show)
    {
        var form = await http.Request.ReadFormAsync();
        if (form["amount_to_capture"] == "0" && form["final_capture"] == "true") return await Void(id, http, ledger, desk, show);
        if (Of(ledger, id) is not { } intent) return Missing();
        var served = await desk.Serve(new Asked(KeyOf(http, ledger, desk), intent.Asked.Account, Kind.Capture, Minor(form["amount_to_capture"]), intent.Asked.Currency, null, intent.Key), "stripe");
        if (served.Operation?.State == State.Succeeded) ledger.Do(books => { StripeObjects.Note(books, intent, form); return true; });
        return await Simulator.Answer(http, served.Fault, () => served switch
        {
            { Reused: true } => Reused(),
            { Operation: { State: State.Declined } no } => Error(
                400, "invalid_request_error", no.Code switch { "authorisation-expired" => "charge_expired_for_capture", "exceeds-authorised" => "amount_too_large", _ => "payment_intent_unexpected_state" }, null,
                show.Intent(intent)),
            _ => Results.Json(show.Intent(intent)),
        });
    }

    private static async Task<IResult> Void(string id, HttpContext http, Ledger ledger, Desk desk, StripeObjects show)
    {
        if (Of(ledger, id) is not { } intent) return Missing();
        var served = await desk.Serve(new Asked(KeyOf(http, ledger, desk), intent.Asked.Account, Kind.Void, 0, intent.Asked.Currency, null, intent.Key), "stripe");
        return await Simulator.Answer(http, served.Fault, () => served.Reused ? Reused() : Results.Json(show.Intent(intent)));
    }

    private static async Task<IResult> Refund(HttpContext http, Ledger ledger, Desk desk, StripeObjects show)
    {
        var form = await http.Request.ReadFormAsync();
        if (Of(ledger, form["payment_intent"]!) is not { } intent) return Missing();
        var served = await desk.Serve(new Asked(KeyOf(http, ledger, desk), intent.Asked.Account, Kind.Refund, Minor(form["amount"]), intent.Asked.Currency, null, intent.Key), "stripe");
        return await Simulator.Answer(http, served.Fault, () => served switch
        {
            { Reused: true } => Reused(),
            { Operation: { State: State.Declined } } => Error(400, "invalid_request_error", "charge_already_refunded", null, null),
            { Operation: { } done } => Results.Json(show.Refund(done)),
            _ => Results.StatusCode(500),
        });
    }

    private static async Task<IResult> Open(HttpContext http, Ledger ledger, Desk desk, StripeObjects show)
    {
        var form = await http.Request.ReadFormAsync();
        var until = Text(form["expires_at"]) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(Minor(seconds)) : (DateTimeOffset?)null;
        var key = KeyOf(http, ledger, desk);
        var known = desk.Find(key) is not null;
        var served = await desk.Serve(new Asked(
            key, form["metadata[account]"]!, Kind.Authorise, Minor(form["line_items[0][price_data][unit_amount]"]), Currency(form["line_items[0][price_data][currency]"]), null, null,
            form["success_url"], until), "stripe");
        if (known) http.Response.Headers["Idempotent-Replayed"] = "true";
        return await Simulator.Answer(http, served.Fault, () => served.Reused ? Reused() : Results.Json(show.Session(served.Operation!)));
    }

    private static async Task<IResult> Expire(string id, HttpContext http, Ledger ledger, Desk desk, StripeObjects show)
    {
        if (Of(ledger, id) is not { } session) return Missing();
        if (session.State == State.Succeeded) return Error(400, "invalid_request_error", "resource_invalid_state", null, null);
        var served = await desk.Serve(new Asked(KeyOf(http, ledger, desk), session.Asked.Account, Kind.Void, 0, session.Asked.Currency, null, session.Key), "stripe");
        return await Simulator.Answer(http, served.Fault, () => served.Reused ? Reused() : Results.Json(show.Session(desk.Find(session.Key)!)));
    }

    // Only what the adapter looks for: metadata['operation']:'…'.
    private static IResult Search(string query, Ledger ledger, StripeObjects show)
    {
        var key = Operation().Match(query) is { Success: true } match ? match.Groups[1].Value.Replace("\\'", "'", StringComparison.Ordinal) : "";
        // One that is on the page and undecided has no PaymentIntent yet, and one without a method none of ours.
        var found = ledger.Do(books => StripeObjects.Under(key).Select(books.Find).TakeWhile(operation => operation is not null).OfType<Operation>().ToArray())
            .Where(intent => intent is { State: not State.Pending, Dialect: "stripe" } && (intent.Asked.Token ?? intent.Asked.ReturnTo) is not null);
        return Results.Json(List("search_result", "/v1/payment_intents/search", found.Select(show.Intent)));
    }

    private static Dictionary<string, object?> List(string kind, string url, IEnumerable<object> data) =>
        new() { ["object"] = kind, ["url"] = url, ["has_more"] = false, ["next_page"] = null, ["data"] = data.ToArray() };

    private static Operation? Of(Ledger ledger, string id) =>
        id.IndexOf('_') is > 0 and var at && long.TryParse(id.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? ledger.Do(books => books.Numbered(number)) : null;

    // A request without a key is one of its own.
    private static string KeyOf(HttpContext http, Ledger ledger, Desk desk) => http.Request.Headers["Idempotency-Key"] is [{ Length: > 0 } key]
        ? ledger.Do(books => StripeObjects.Under(key).First(under => books.Find(under) is not { } known || known.At + KeyKept > desk.Now(books)))
        : http.TraceIdentifier;

    private static IResult Reused() => Error(400, "idempotency_error", null, null, null);

    private static IResult Missing() => Error(404, "invalid_request_error", "resource_missing", null, null);

    private static IResult Error(int status, string type, string? code, string? decline, object? intent) => Results.Json(
        new Dictionary<string, object?>
        {
            ["error"] = new Dictionary<string, object?> { ["type"] = type, ["code"] = code, ["decline_code"] = decline, ["message"] = code ?? type, ["payment_intent"] = intent },
        }, statusCode: status);

    private static long Minor(string? text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var minor) ? minor : 0;

    private static string Currency(string? text) => (text ?? "").ToUpperInvariant();

    private static string? Text(string? text) => text is { Length: > 0 } ? text : null;

    [GeneratedRegex(@"^metadata\['operation'\]:'((?:[^'\\]|\\.)*)'$")]
    private static partial Regex Operation();
}
