using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;
using Orleans.Streams.RabbitMQ.Diagnostics;
using Orleans.Streams.RabbitMQ.Receiving;

namespace Orleans.Streams.RabbitMQ.Failures;

/// <summary>After <c>MaxEventDeliveryTime</c> of failures Orleans goes on with the next event; the failed one becomes a dead letter first.</summary>
internal sealed class DeliveryFailureHandler(Func<QueueReceiver?> receiver, ILogger log) : IStreamFailureHandler
{
    // The subscription lives on: one event a consumer cannot take must not end its stream.
    public bool ShouldFaultSubsriptionOnError => false;

    public async Task OnDeliveryFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken)
    {
        if (receiver() is { } reader && sequenceToken is EventSequenceTokenV2 token)
            await reader.DeadLetter(token.SequenceNumber, subscriptionId.Guid.ToString());
    }

    public Task OnSubscriptionFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken)
    {
        Log.SubscriptionFailed(log, streamProviderName, subscriptionId.Guid, streamIdentity.ToString());
        return Task.CompletedTask;
    }
}
