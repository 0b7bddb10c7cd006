using Orleans.Streams.RabbitMQ.Broker;

namespace Orleans.Streams.RabbitMQ.Publishing;

/// <summary>A batch whose caller waits for an answer.</summary>
internal sealed class PendingBatch(ReadOnlyMemory<byte> bytes, long since)
{
    // Callers go on elsewhere, or 256 of them would run inside the pump.
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> Bytes => bytes;

    public long Since => since;

    public Task Answered => _answer.Task;

    /// <summary>The first answer counts. False: there was one already.</summary>
    public bool Answer(RabbitMqPublishException? failure) => failure is null ? _answer.TrySetResult() : _answer.TrySetException(failure);
}

/// <summary>A message on its way to the broker, with the batches it carries.</summary>
internal sealed class SentMessage(OutgoingMessage message, List<PendingBatch> batches)
{
    public OutgoingMessage Message => message;

    public List<PendingBatch> Batches => batches;

    /// <summary>Cancelled when the last caller's time is over.</summary>
    public CancellationTokenSource Given { get; } = new();

    public Task Sending { get; set; } = Task.CompletedTask;
}
