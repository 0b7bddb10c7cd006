using System.Diagnostics;
using Orleans.Streams.RabbitMQ.Diagnostics;
using Orleans.Streams.RabbitMQ.Receiving;

namespace Orleans.Streams.RabbitMQ.Failures;

/// <summary>
/// Stands where a silo hands a batch to a consumer. It notes why a consumer refused — Orleans tells the failure handler that, but not why —
/// or that it is gone, and makes the delivery a child of the producer's activity. Other calls pass with one comparison of their method's name.
/// </summary>
internal sealed class DeliveryFilter : IOutgoingGrainCallFilter
{
    private const string Delivery = "DeliverBatch";
    private const int BatchArgument = 2;
    private const int LongestError = 512;

    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.MethodName == Delivery && context.Request.GetArgumentCount() > BatchArgument && Ours(context.Request.GetArgument(BatchArgument)) is { Count: > 0 } batches
            ? Deliver(context, batches)
            : context.Invoke();

    private static async Task Deliver(IOutgoingGrainCallContext context, IReadOnlyList<RabbitMqBatchContainer> batches)
    {
        using var activity = batches[0].TraceParent is { } parent ? StreamMetrics.Activities.StartActivity("deliver", ActivityKind.Consumer, parent) : null;
        try
        {
            await context.Invoke();
            if (context.Response?.Exception is { } refused)
                Note(batches, refused);
        }
        catch (Exception e)
        {
            Note(batches, e);
            throw;
        }
    }

    private static void Note(IReadOnlyList<RabbitMqBatchContainer> batches, Exception e)
    {
        var error = $"{e.GetType().FullName}: {e.Message}";
        var failure = new FailedDelivery(error.Length > LongestError ? error[..LongestError] : error, batches);
        foreach (var batch in batches)
        {
            batch.Failure = failure;
            // Orleans ends such a subscription and tells no failure handler: an event without a subscription is nobody's loss.
            batch.IsOrphan |= e is ClientNotAvailableException;
        }
    }

    private static IReadOnlyList<RabbitMqBatchContainer> Ours(object? argument) => argument switch
    {
        RabbitMqBatchContainer one => [one],
        BatchContainerBatch many => [.. many.BatchContainers.OfType<RabbitMqBatchContainer>()],
        _ => [],
    };
}
