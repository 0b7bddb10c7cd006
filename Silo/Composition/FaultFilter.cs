using Commerce.Kernel;

namespace Commerce.Silo.Composition;

/// <summary>
/// Infrastructure exceptions end here: a provider's own type does not deserialize on the caller and would carry host, port and stack
/// with it. What can be repeated leaves as unavailable, the rest as a fault that names its kind.
/// </summary>
internal sealed partial class FaultFilter(ILogger<FaultFilter> log) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (IsOurs(context) && e is not (DependencyUnavailableException or GrainFaultException))
        {
            if (Unavailability.Is(e))
            {
                LogUnavailable(e, context.InterfaceName, context.MethodName);
                throw new DependencyUnavailableException(context.InterfaceName);
            }

            LogFault(e, context.InterfaceName, context.MethodName);
            throw new GrainFaultException($"{context.InterfaceName}.{context.MethodName} failed: {e.GetType().Name}.");
        }
    }

    // Orleans' own grains speak Orleans' own exceptions.
    private static bool IsOurs(IIncomingGrainCallContext context) =>
        context.InterfaceMethod?.DeclaringType?.Namespace?.StartsWith("Commerce", StringComparison.Ordinal) is true;

    [LoggerMessage(LogLevel.Warning, "{Grain}.{Method}: a dependency is away.")]
    private partial void LogUnavailable(Exception error, string grain, string method);

    [LoggerMessage(LogLevel.Error, "{Grain}.{Method} failed.")]
    private partial void LogFault(Exception error, string grain, string method);
}
