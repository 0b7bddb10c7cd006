using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Commerce.PspSimulator;

/// <summary>A payment provider to test against: its own program, origin and storage, hosted pages, signed messages, and every fault a provider has. No money moves.</summary>
public static class Simulator
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static WebApplication Build(SimulatorOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddSingleton(options).AddSingleton(_ => new Ledger(options.Data)).AddSingleton<Faults>().AddSingleton<HookQueue>().AddSingleton<Desk>().AddSingleton<StripeObjects>();
        builder.Services.AddHostedService<HookSender>();

        var app = builder.Build();
        app.Urls.Add(options.Url);
        app.Use(Outage);
        app.Use(OnlyTheMerchant);
        OperationEndpoints.Map(app);
        ControlEndpoints.Map(app);
        PageEndpoints.Map(app);
        StripeEndpoints.Map(app);
        return app;
    }

    /// <summary>Answers, unless a fault says otherwise.</summary>
    public static async Task<IResult> Answer(HttpContext http, string? fault, Func<IResult> answer)
    {
        switch (fault)
        {
            case "timeout-before" or "timeout-after":
                await Task.Delay(http.RequestServices.GetRequiredService<SimulatorOptions>().Hang, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                http.Abort();
                return Results.Empty;
            case "reset-after":
                http.Abort();
                return Results.Empty;
            case "error-before" or "error-after":
                return Results.Json(new { error = new { type = "api_error", code = "internal" } }, Json, statusCode: 500);
            default:
                return answer();
        }
    }

    // During an outage only the control room answers.
    private static Task Outage(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.StartsWithSegments("/control") || http.Request.Path == "/healthz" || !http.RequestServices.GetRequiredService<Faults>().Plan.Outage) return next(http);
        http.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
        return Task.CompletedTask;
    }

    // Shoppers see the pages; all else is the merchant's.
    private static Task OnlyTheMerchant(HttpContext http, RequestDelegate next)
    {
        var secret = http.RequestServices.GetRequiredService<SimulatorOptions>().Secret;
        if (http.Request.Path.StartsWithSegments("/pay") || http.Request.Path == "/healthz" || http.Request.Headers.Authorization == $"Bearer {secret}") return next(http);
        http.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
        return Task.CompletedTask;
    }
}
