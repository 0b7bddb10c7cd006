namespace Commerce.PspSimulator;

/// <summary>Money on the wire.</summary>
public sealed record MoneyBody(long Minor, string Currency);

/// <summary>An operation as it is asked for.</summary>
public sealed record OperationRequest(
    string Key, string Account, Kind Kind, MoneyBody Amount, string? Token = null, string? Authorisation = null, string? ReturnTo = null, DateTimeOffset? Until = null);

/// <summary>An operation as it is shown.</summary>
/// <param name="Amount">What was asked for.</param>
/// <param name="Answered">What it came to.</param>
/// <param name="Session">Name of its page: <c>/pay/{session}</c> of this origin.</param>
public sealed record OperationBody(
    long Number, string Key, string Account, Kind Kind, MoneyBody Amount, string? Authorisation, State State, MoneyBody Answered, string Reference, string? Code, string? Brand,
    string? Last4, string? Session, DateTimeOffset At)
{
    public static OperationBody Of(Operation operation) => new(
        operation.Number, operation.Key, operation.Asked.Account, operation.Asked.Kind, new(operation.Asked.Amount, operation.Asked.Currency), operation.Asked.Authorisation,
        operation.State, new(operation.Answered, operation.Asked.Currency), operation.Reference, operation.Code, operation.Brand, operation.Last4, operation.Session, operation.At);
}

/// <summary>The merchant's interface: operations by key, and the ledger to compare with.</summary>
internal static class OperationEndpoints
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/healthz", () => "ok");
        app.MapPost("/v1/operations", Take);
        app.MapGet("/v1/operations", List);
        app.MapGet("/v1/operation", (string key, Desk desk) => desk.Find(key) is { } operation ? Results.Json(OperationBody.Of(operation), Simulator.Json) : Results.NotFound());
    }

    private static async Task<IResult> Take(HttpContext http, Desk desk)
    {
        if (await http.Request.ReadFromJsonAsync<OperationRequest>(Simulator.Json) is not { Kind: not Kind.ChargeBack } asked) return Results.BadRequest();
        if (asked.Kind != Kind.Authorise && asked.Authorisation is null) return Results.BadRequest();
        // The ledger keeps milliseconds.
        var until = asked.Until is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds()) : (DateTimeOffset?)null;
        var served = await desk.Serve(new Asked(
            asked.Key, asked.Account, asked.Kind, asked.Amount.Minor, asked.Amount.Currency, asked.Token, asked.Authorisation, asked.ReturnTo, until));
        return await Simulator.Answer(http, served.Fault, () =>
            served.Reused ? Results.Json(new { code = "key-reused" }, Simulator.Json, statusCode: StatusCodes.Status409Conflict) : Results.Json(OperationBody.Of(served.Operation!), Simulator.Json));
    }

    private static IResult List(Ledger ledger, long after = 0, int limit = 1000, string? account = null)
    {
        var items = ledger.Do(books => books.List(after, Math.Clamp(limit, 1, 10_000), account));
        return Results.Json(new { items = items.Select(OperationBody.Of), next = items.Count == Math.Clamp(limit, 1, 10_000) ? items[^1].Number : (long?)null }, Simulator.Json);
    }
}
