using Commerce.Kernel;
using Commerce.Orders;
using Orleans.Serialization.Invocation;

namespace Commerce.Gateway.Cluster;

/// <summary>
/// A call whose silo goes away under it is made again, to wherever the grain lives next: a scaling or an update then shows as an answer that takes a little
/// longer. Only what may be done twice is made again: a question, or a command under a key. What stays away is an outage, and is said to be one.
/// </summary>
internal sealed class Failover(TimeProvider time) : IOutgoingGrainCallFilter
{
    /// <summary>A killed silo is declared dead after some 2 s, and its grains live elsewhere at once.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromMilliseconds(500);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await context.Invoke();
                return;
            }
            catch (OrleansException gone) when (IsMoving(gone) && IsOurs(context) && MayBeRepeated(context.Request) && time.GetElapsedTime(began) + pause < Patience)
            {
                await Task.Delay(pause, time);
            }
        }
    }

    // With no silo left that could host it there is nothing to wait for.
    private static bool IsMoving(OrleansException gone) => !gone.Message.Contains("No active nodes", StringComparison.Ordinal)
        && (gone is SiloUnavailableException or OrleansMessageRejectionException || gone.Message.Contains("on invalid silo", StringComparison.Ordinal));

    private static bool IsOurs(IOutgoingGrainCallContext context) => context.InterfaceMethod?.DeclaringType?.Namespace?.StartsWith("Commerce", StringComparison.Ordinal) is true;

    // Without a key nobody knows whether the first try was done.
    private static bool MayBeRepeated(IInvokable request)
    {
        for (var i = 0; i < request.GetArgumentCount(); i++)
        {
            if (request.GetArgument(i) is CommandKey { IsGiven: false } or PlaceOrder { Command.IsGiven: false }) return false;
        }

        return true;
    }
}
