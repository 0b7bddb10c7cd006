using System.Diagnostics;
using Commerce.Gateway.Access;
using Commerce.Gateway.Composition;
using Commerce.Kernel;

namespace Commerce.Gateway.Problems;

/// <summary>Turns refusals into problems and writes them.</summary>
public static class ProblemResults
{
    /// <summary>The request's trace, as logs and journals name it.</summary>
    public static string TraceId(this HttpContext http) => Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;

    /// <summary>A refusal as a problem. A code without a row in the table is a bug of ours and is shown as one.</summary>
    public static Problem ToProblem(this Refusal refusal, HttpContext http)
    {
        var (code, detail) = ProblemKinds.ByCode.ContainsKey(refusal.Code) ? (refusal.Code, refusal.Message) : (ProblemKinds.Internal, "A fault on our side.");
        var kind = ProblemKinds.ByCode[code];
        return new Problem(
            $"urn:commerce:problem:{code}", kind.Title, kind.Status, code, detail,
            [.. refusal.Details.Select(at => new ProblemPlace(at.Pointer, at.Message, at.Sku, at.Asked, at.Available))], kind.Retryable, http.TraceId())
        {
            RetryAfter = kind.Status is 429 or 503 ? 1 : null,
        };
    }

    /// <summary>Writes a refusal as the answer.</summary>
    public static Task Refuse(this HttpContext http, Refusal refusal) => http.Write(refusal.ToProblem(http));

    /// <summary>Writes a problem as the answer.</summary>
    public static Task Write(this HttpContext http, Problem problem)
    {
        http.Response.StatusCode = problem.Status;
        if (problem.RetryAfter is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status401Unauthorized) http.Response.Headers.WWWAuthenticate = http.GetEndpoint()?.Metadata.GetMetadata<Policy>()?.Challenge ?? "Bearer";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsJsonAsync(problem, GatewayJson.Options, "application/problem+json", http.RequestAborted);
    }
}
