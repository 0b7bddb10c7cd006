using System.Text.Json;

namespace Commerce.PspSimulator;

/// <summary>A charge-back to be made.</summary>
/// <param name="Key">Key of the capture.</param>
/// <param name="Minor">How much; null: all of it.</param>
public sealed record ChargeBackRequest(string Key, long? Minor = null);

/// <summary>How far the clock is moved.</summary>
public sealed record ClockRequest(long AdvanceSeconds);

/// <summary>The control room: what goes wrong, and when.</summary>
internal static class ControlEndpoints
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/control", (Faults faults, HookQueue hooks) => Results.Json(new { plan = faults.Plan, hits = faults.Hits, hooks = hooks.Counts() }, Simulator.Json));
        app.MapPut("/control", Follow);
        app.MapPost("/control/clock", async (HttpContext http, Desk desk) =>
        {
            if (await Read<ClockRequest>(http) is not { } clock) return Results.BadRequest("The clock is moved by {\"advanceSeconds\":60}.");
            return desk.Advance(clock.AdvanceSeconds) ? Results.NoContent() : Results.BadRequest($"The clock is never behind the machine's, and by {Desk.MostDays} days in all ahead of it at most.");
        });
        app.MapPost("/control/charge-backs", async (HttpContext http, Desk desk) =>
        {
            if (await Read<ChargeBackRequest>(http) is not { } asked) return Results.BadRequest("A charge-back is {\"key\":\"…\"}: the key of a capture.");
            return desk.ChargeBack(asked.Key, asked.Minor) switch
            {
                { Operation: null } => Results.NotFound(),
                { Reused: true } => Results.Conflict("More than is left of the capture."),
                { Operation: { } done } => Results.Json(OperationBody.Of(done), Simulator.Json),
            };
        });
    }

    private static async Task<IResult> Follow(HttpContext http, Faults faults, HookQueue hooks)
    {
        if (await Read<Plan>(http) is not { } plan) return Results.BadRequest("A plan is {\"seed\":1,\"outage\":false,\"faults\":[{\"do\":\"timeout-after\"}]}.");
        if ((plan.Faults ?? []).FirstOrDefault(fault => !Plan.Known.Contains(fault.Do)) is { } unknown)
            return Results.BadRequest($"There is no fault '{unknown.Do}'; faults are {string.Join(", ", Plan.Known)}.");
        faults.Follow(plan);
        hooks.Wake();
        return Results.NoContent();
    }

    private static async Task<T?> Read<T>(HttpContext http) where T : class
    {
        try
        {
            return await http.Request.ReadFromJsonAsync<T>(Simulator.Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
