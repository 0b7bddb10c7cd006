namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>
/// What takes long by nature — killing the broker, very many events — belongs to the long run, which is one with <c>STREAMS_EVENTS</c> set
/// to the number of events to account for, for example <c>STREAMS_EVENTS=100000</c>.
/// </summary>
internal static class LongRun
{
    private const int EverydayEvents = 5_000;

    private static readonly string? Asked = Environment.GetEnvironmentVariable("STREAMS_EVENTS");

    public static bool IsOn => Asked is { Length: > 0 };

    public static int Events => IsOn ? int.Parse(Asked!, null) : EverydayEvents;
}

/// <summary>A scenario of the long run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongRunAttribute : Attribute;
