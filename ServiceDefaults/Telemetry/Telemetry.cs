using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Commerce.ServiceDefaults;

/// <summary>What can be seen of a process from outside: metrics always, for who asks; traces when there is a collector to send them to.</summary>
public static class TelemetryComposition
{
    /// <summary>Where the metrics are read; operators only.</summary>
    public const string MetricsPath = "/metrics";

    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT", Sampler = "OTEL_TRACES_SAMPLER";

    /// <summary>Of ten requests one is traced, from the gateway to the projections, unless <c>OTEL_TRACES_SAMPLER</c> says otherwise: enough to see where time goes, too few to cost any.</summary>
    private const double Traced = 0.1;

    /// <summary>What of Orleans' own is measured. Each instrument costs a little with every message; what nobody looks at is left off.</summary>
    private static readonly HashSet<string> OfOrleans = new(StringComparer.Ordinal)
    {
        "orleans-catalog-activations", "orleans-catalog-activation-created", "orleans-catalog-activation-failed-to-activate", "orleans-grains",
        "orleans-app-requests-timedout", "orleans-messaging-rejected", "orleans-messaging-expired", "orleans-messaging-pings-reply-missed",
        "orleans-scheduler-long-running-turns", "orleans-streams-queue-read-failures",
    };

    /// <summary>Adds both. The standard variables <c>OTEL_…</c> count in every process, whatever else it lets into its configuration.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="program">What it is: <c>silo</c>. Traces show it as <c>commerce-silo</c>.</param>
    /// <param name="instance">Which of them: <c>silo-1</c>.</param>
    public static void AddTelemetry(this IHostApplicationBuilder builder, string program, string instance)
    {
        builder.Configuration.AddInMemoryCollection(Standard());
        var collected = !string.IsNullOrWhiteSpace(builder.Configuration[Collector]);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"commerce-{program}", serviceInstanceId: instance))
            .WithMetrics(metrics => metrics.Measure(collected));
        if (!collected) return;

        telemetry.WithTracing(traces => traces.Trace(ownSampler: builder.Configuration[Sampler] is { Length: > 0 }));
        builder.UseOrleans(silo => silo.AddActivityPropagation());
    }

    /// <summary>Maps the metrics, in Prometheus' text form. The caller adds who may read them, and must.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(MetricsPath);

    private static void Measure(this MeterProviderBuilder metrics, bool collected)
    {
        metrics.AddMeter("Commerce.*", "Orleans.Streams.RabbitMQ", "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql")
            .AddView(instrument => instrument.Meter.Name == "Microsoft.Orleans" && !OfOrleans.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null)
            .AddPrometheusExporter();
        if (collected) metrics.AddOtlpExporter();
    }

    private static void Trace(this TracerProviderBuilder traces, bool ownSampler)
    {
        traces.AddSource("Commerce.*", "Orleans.Streams.RabbitMQ", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application")
            .AddAspNetCoreInstrumentation(http => http.Filter = static request => !request.Request.Path.StartsWithSegments("/healthz") && !request.Request.Path.StartsWithSegments(MetricsPath))
            .AddProcessor<CartIds>()
            .AddOtlpExporter();
        if (!ownSampler) traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(Traced)));
    }

    private static IEnumerable<KeyValuePair<string, string?>> Standard() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(variable => ((string)variable.Key).StartsWith("OTEL_", StringComparison.Ordinal)).Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value));
}
