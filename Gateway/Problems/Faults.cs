using System.Text.Json;
using Commerce.Kernel;

namespace Commerce.Gateway.Problems;

/// <summary>
/// The outermost frame of every request: an outage becomes 503, never 404 or 500; what nobody foresaw becomes 500 that names no host, no SQL, no stack.
/// </summary>
internal sealed partial class Faults(RequestDelegate next, ILogger<Faults> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (!http.Response.HasStarted && RefusalOf(http.Response.StatusCode) is { } refusal) await http.Refuse(refusal);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (Exception fault) when (!http.Response.HasStarted)
        {
            var refusal = RefusalOf(fault);
            if (refusal.Code == "dependency-unavailable") Away(log, fault.GetType().Name, (fault as DependencyUnavailableException)?.Dependency, http.TraceId());
            if (refusal.Code == ProblemKinds.Internal) Unforeseen(log, fault, http.TraceId());
            http.Response.Clear();
            await http.Refuse(refusal);
        }
    }

    // What routing itself answers: no endpoint, another method, another content type.
    private static Refusal? RefusalOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => Refusals.NoSuchAddress,
        StatusCodes.Status405MethodNotAllowed => Refusals.NoSuchMethod,
        StatusCodes.Status413PayloadTooLarge => Refusals.TooLarge,
        StatusCodes.Status415UnsupportedMediaType => Refusals.NotJson,
        _ => null,
    };

    internal static Refusal RefusalOf(Exception fault) => fault switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Refusals.TooLarge,
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Refusals.NotJson,
        BadHttpRequestException { InnerException: JsonException json } => JsonFaults.Explain(json),
        BadHttpRequestException bad => JsonFaults.Explain(bad),
        DependencyUnavailableException away => Unavailable($"The {away.Dependency} is away for the moment; repeat the request."),
        _ when IsOutage(fault) => Unavailable("A part of the shop is away for the moment; repeat the request."),
        _ => new Refusal(ProblemKinds.Internal, "A fault on our side; it is in our logs under this trace id."),
    };

    // A role without silos shows as "No active nodes are compatible" on the call, or as an ArgumentException from the factory; a silo that died while a grain
    // was put there as "on invalid silo"; one that hears nothing of another as a registration that was given up. That the caller itself has gone was told before.
    internal static bool IsOutage(Exception fault) => fault is DependencyUnavailableException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException or OperationCanceledException
        || fault is OrleansException && (fault.Message.Contains("No active nodes", StringComparison.Ordinal) || fault.Message.Contains("on invalid silo", StringComparison.Ordinal))
        || fault is ArgumentException && fault.Message.Contains("Could not find an implementation", StringComparison.Ordinal);

    private static Refusal Unavailable(string message) => new("dependency-unavailable", message);

    [LoggerMessage(LogLevel.Warning, "{Fault}: {Dependency} is away (trace {Trace}).")]
    private static partial void Away(ILogger log, string fault, string? dependency, string trace);

    [LoggerMessage(LogLevel.Error, "A request failed unexpectedly (trace {Trace}).")]
    private static partial void Unforeseen(ILogger log, Exception fault, string trace);
}
