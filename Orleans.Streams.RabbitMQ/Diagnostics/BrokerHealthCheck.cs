using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Streams.RabbitMQ.Broker;

namespace Orleans.Streams.RabbitMQ.Diagnostics;

/// <summary>
/// Healthy with working connections, degraded while the broker blocks publishers, unhealthy without a connection. It looks at what is there
/// and opens nothing, so it costs the broker nothing; a link nobody has used yet counts as healthy.
/// </summary>
internal sealed class BrokerHealthCheck(BrokerConnections connections) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var down = new[] { connections.Publishing, connections.Consuming }.FirstOrDefault(l => l.IsUp == false);
        return Task.FromResult(
            down is not null ? new HealthCheckResult(context.Registration.FailureStatus, $"No connection to RabbitMQ: {down.LastError}")
            : !connections.Publishing.Unblocked.IsCompleted ? HealthCheckResult.Degraded("RabbitMQ blocks publishers.")
            : HealthCheckResult.Healthy());
    }
}
