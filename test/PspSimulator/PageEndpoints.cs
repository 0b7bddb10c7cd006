using System.Net;

namespace Commerce.PspSimulator;

/// <summary>The hosted page: where the shopper chooses a card and, for some, answers a 3-D Secure challenge. No card number is ever typed.</summary>
internal static class PageEndpoints
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/pay/{session}", (string session, Desk desk) => Show(desk, session, null));
        app.MapPost("/pay/{session}", Choose).DisableAntiforgery();
        app.MapGet("/pay/{session}/challenge", (string session, Desk desk) => desk.OnPage(session) switch
        {
            { Operation: null } => Results.NotFound(),
            { Closed: true, Operation: { } over } => Results.Redirect(over.Asked.ReturnTo!),
            _ => Html("Your bank asks", $"""
                <p>3-D Secure: is it you?</p>
                <form method="post" action="/pay/{session}/challenge"><button name="answer" value="yes">Yes, it is me</button> <button name="answer" value="no">No</button></form>
                """),
        });
        app.MapPost("/pay/{session}/challenge", Challenge).DisableAntiforgery();
    }

    private static async Task<IResult> Choose(string session, HttpContext http, Desk desk)
    {
        var choice = (await http.Request.ReadFormAsync())["card"].ToString();
        if (choice == "tok_challenge" && desk.OnPage(session) is { Operation: not null, Closed: false }) return Results.Redirect($"/pay/{session}/challenge");
        return Decide(desk, session, operation => choice == "cancel" ? new Outcome(State.Declined, 0, "shopper-cancelled") : Rules.Authorise(choice, operation.Asked.Amount));
    }

    private static async Task<IResult> Challenge(string session, HttpContext http, Desk desk)
    {
        var yes = (await http.Request.ReadFormAsync())["answer"] == "yes";
        return Decide(desk, session, operation => yes ? Rules.Authorise("tok_ok", operation.Asked.Amount) : new Outcome(State.Declined, 0, "challenge-failed"));
    }

    // A card that is declined leaves the page open: the shopper may have another. A second click finds what the first one did.
    private static IResult Decide(Desk desk, string session, Func<Operation, Outcome> choose)
    {
        string? declined = null;
        var operation = desk.Decide(session, pending =>
        {
            var outcome = choose(pending);
            declined = outcome is { State: State.Declined, Code: not "shopper-cancelled" } ? outcome.Code : null;
            return declined is null ? outcome : null;
        });
        if (operation is null) return Results.NotFound();
        return declined is not null ? Show(desk, session, declined) : Results.Redirect(operation.Asked.ReturnTo!);
    }

    private static IResult Show(Desk desk, string session, string? declined)
    {
        if (desk.OnPage(session) is not { Operation: { } operation } page) return Results.NotFound();
        if (page.Closed) return Results.Redirect(operation.Asked.ReturnTo!);
        var cards = string.Concat(Rules.Tokens.Keys.Where(token => !token.Contains("timeout", StringComparison.Ordinal) && !token.Contains("error", StringComparison.Ordinal))
            .Select(token => $"<p><button name=\"card\" value=\"{token}\">{token}</button></p>"));
        return Html("Payment simulator", $"""
            {(declined is null ? "" : $"<p role=\"alert\">Declined: {WebUtility.HtmlEncode(declined)}. Try another card.</p>")}
            <p>{operation.Asked.Amount} minor units of {WebUtility.HtmlEncode(operation.Asked.Currency)}. No money moves here.</p>
            <form method="post" action="/pay/{session}">{cards}<p><button name="card" value="cancel">Cancel</button></p></form>
            """);
    }

    private static IResult Html(string title, string body) => Results.Content(
        $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>", "text/html; charset=utf-8");
}
