using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Commerce.ServiceDefaults;

/// <summary>What silos and analytics answer over HTTP, each on a listener of its own inside the cluster. Gateways have their own gate.</summary>
public static class OperationsEndpoints
{
    /// <summary>Where Orleans' dashboard is.</summary>
    public const string DashboardPath = "/v1/admin/dashboard";

    private const string Health = "/healthz";

    /// <summary>
    /// Maps health for everybody and metrics for whoever has the operator's token; whatever else is mapped wants it, too. Who listens is ready: a silo
    /// listens once it is a member of the cluster.
    /// </summary>
    public static void MapOperations(this WebApplication app, ProcessSettings settings)
    {
        var token = Digest($"Bearer {settings.OperatorToken}");
        app.Use((http, next) => http.Request.Path.StartsWithSegments(Health) || CryptographicOperations.FixedTimeEquals(Digest(http.Request.Headers.Authorization.ToString()), token)
            ? next(http)
            : TypedResults.Problem(statusCode: StatusCodes.Status401Unauthorized, title: "The operator's token is needed.").ExecuteAsync(http));
        app.MapGet($"{Health}/live", () => "live");
        app.MapGet($"{Health}/ready", () => "ready");
        app.MapMetrics();
    }

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
