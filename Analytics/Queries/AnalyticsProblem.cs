using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Commerce.Kernel;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Commerce.Analytics.Queries;

/// <summary>A question that cannot be answered as it was asked; becomes a problem document.</summary>
internal sealed class BadQuestion(string parameter, string message) : Exception(message)
{
    public string Parameter { get; } = parameter;
}

/// <summary>RFC 9457 problems in the form all of the shop's HTTP answers have.</summary>
internal sealed record AnalyticsProblem(
    string Type, string Title, int Status, string Code, string Detail, IReadOnlyList<AnalyticsProblem.Place> Errors, bool Retryable, string TraceId)
{
    /// <summary>The query parameter it is about.</summary>
    public sealed record Place(string Pointer, string Message);

    /// <summary>Turns a bad question into 400 and an outage into 503; what nobody foresaw goes on to the host.</summary>
    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (BadQuestion bad)
        {
            return Result(context, "validation-failed", "The request is not valid", StatusCodes.Status400BadRequest, bad.Message, [new Place(bad.Parameter, bad.Message)]);
        }
        catch (Exception away) when (IsOutage(away))
        {
            context.HttpContext.Response.Headers.RetryAfter = "1";
            return Result(context, "dependency-unavailable", "A part of the shop is away", StatusCodes.Status503ServiceUnavailable,
                "A feed that analytics reads, or its database, is away for the moment; repeat the request.", []);
        }
    }

    // A role without silos shows as an ArgumentException from the grain factory.
    private static bool IsOutage(Exception fault) => fault is DependencyUnavailableException or TimeoutException or OrleansException
        || (fault is ArgumentException && fault.Message.Contains("Could not find an implementation", StringComparison.Ordinal));

    private static JsonHttpResult<AnalyticsProblem> Result(EndpointFilterInvocationContext context, string code, string title, int status, string detail, IReadOnlyList<Place> errors) =>
        TypedResults.Json(
            new AnalyticsProblem($"urn:commerce:problem:{code}", title, status, code, detail, errors, status == StatusCodes.Status503ServiceUnavailable,
                Activity.Current?.TraceId.ToHexString() ?? context.HttpContext.TraceIdentifier),
            AnalyticsJson.Options, "application/problem+json", status);
}

/// <summary>How answers are written, whatever the host's own options are.</summary>
internal static class AnalyticsJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
