using Microsoft.Extensions.Logging;

namespace Orleans.Streams.RabbitMQ.Diagnostics;

/// <summary>Every line this library writes to a log. No line carries an event's content, a password or an address.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Provider {Provider}: {Purpose} connection {Generation} is up.")]
    public static partial void Connected(ILogger log, string provider, string purpose, long generation);

    [LoggerMessage(2, LogLevel.Warning, "Provider {Provider}: no {Purpose} connection ({Error}). Next attempt not before {Pause}.")]
    public static partial void ConnectFailed(ILogger log, string provider, string purpose, string error, TimeSpan pause);

    [LoggerMessage(3, LogLevel.Warning, "Provider {Provider}: {Purpose} connection {Generation} is lost ({Reason}).")]
    public static partial void Lost(ILogger log, string provider, string purpose, long generation, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Provider {Provider}: the broker blocks publishers ({Reason}). Publishes wait.")]
    public static partial void Blocked(ILogger log, string provider, string reason);

    [LoggerMessage(5, LogLevel.Information, "Provider {Provider}: the broker takes publishes again.")]
    public static partial void Unblocked(ILogger log, string provider);

    [LoggerMessage(6, LogLevel.Information, "Provider {Provider}: {Purpose} connection renewed with rotated credentials or certificates.")]
    public static partial void Rotated(ILogger log, string provider, string purpose);

    [LoggerMessage(7, LogLevel.Warning, "Provider {Provider}: rotated credentials or certificates do not work for {Purpose} ({Error}). The old connection goes on.")]
    public static partial void RotationFailed(ILogger log, string provider, string purpose, string error);

    [LoggerMessage(8, LogLevel.Warning, "Provider {Provider}: queue {Queue} cannot be read now ({Error}).")]
    public static partial void ReadFailed(ILogger log, string provider, string queue, string error);

    [LoggerMessage(9, LogLevel.Error, "Provider {Provider}: an event of stream {Stream} became a dead letter ({Reason}: {Error}).")]
    public static partial void Died(ILogger log, string provider, string stream, string reason, string error);

    [LoggerMessage(10, LogLevel.Warning, "Provider {Provider}: a dead letter of queue {Queue} could not be stored yet ({Error}). It is tried again.")]
    public static partial void DeadLetterFailed(ILogger log, string provider, string queue, string error);

    [LoggerMessage(11, LogLevel.Warning, "Provider {Provider}: subscription {Subscription} to stream {Stream} could not be set up.")]
    public static partial void SubscriptionFailed(ILogger log, string provider, Guid subscription, string stream);

    [LoggerMessage(12, LogLevel.Information, "Provider {Provider}: this silo reads {Mine} of {All} queues; {Hosts} of {Silos} silos read for the provider.")]
    public static partial void Dealt(ILogger log, string provider, int mine, int all, int hosts, int silos);

    [LoggerMessage(13, LogLevel.Warning, "Provider {Provider}: a message of queue {Queue} is sent again ({Error}).")]
    public static partial void SendsAgain(ILogger log, string provider, string queue, string error);

    [LoggerMessage(14, LogLevel.Error, "Provider {Provider}: the balancer failed.")]
    public static partial void BalancerFailed(ILogger log, string provider, Exception exception);
}
