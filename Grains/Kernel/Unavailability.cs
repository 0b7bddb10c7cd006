namespace Commerce.Kernel;

/// <summary>Tells "cannot be reached now, outcome unknown" from a real fault. What is unavailable is tried again under the same command id.</summary>
public static class Unavailability
{
    /// <summary>Whether an exception of a grain call says that a role, a silo or a dependency is away.</summary>
    public static bool Is(Exception e) => e switch
    {
        DependencyUnavailableException or TimeoutException or OperationCanceledException => true,
        SiloUnavailableException or OrleansMessageRejectionException or GatewayTooBusyException => true,
        OrleansException when e.Message.Contains("No active nodes are compatible", StringComparison.Ordinal) => true,
        // The silo died while the grain was put there.
        OrleansException when e.Message.Contains("on invalid silo", StringComparison.Ordinal) => true,
        // GetGrain itself says so when no live silo hosts the class.
        ArgumentException when e.Message.Contains("Could not find an implementation", StringComparison.Ordinal) => true,
        // A grain that was put away while it worked: what it had begun goes on where it lives next.
        InvalidOperationException when e.Message.StartsWith("Attempt to access an invalid activation", StringComparison.Ordinal) => true,
        AggregateException many => many.InnerExceptions.All(Is),
        _ => false,
    };
}
