using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace Orleans.Streams.RabbitMQ.Tests.Setup;

[GenerateSerializer, Immutable, Alias("test.numbered")]
public sealed record Numbered([property: Id(0)] int Number);

[GenerateSerializer, Immutable, Alias("test.named")]
public sealed record Named([property: Id(0)] string Name);

public interface IProducerGrain : IGrainWithGuidKey
{
    /// <summary>Publishes numbers one after the other, each awaited.</summary>
    [ResponseTimeout("00:03:00")]
    Task Produce(string provider, int first, int count);

    /// <summary>Publishes numbers without waiting between them; at most so many at once.</summary>
    [ResponseTimeout("00:03:00")]
    Task Pipeline(string provider, int first, int count, int window);

    [ResponseTimeout("00:03:00")]
    Task ProduceBatch(string provider, object[] events);

    Task<string> Host();
}

public sealed class ProducerGrain : Grain, IProducerGrain
{
    public async Task Produce(string provider, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            await Stream(provider).OnNextAsync(new Numbered(i));
    }

    public async Task Pipeline(string provider, int first, int count, int window)
    {
        var stream = Stream(provider);
        var sent = new Queue<Task>();
        for (var i = first; i < first + count; i++)
        {
            sent.Enqueue(stream.OnNextAsync(new Numbered(i)));
            if (sent.Count >= window)
                await sent.Dequeue();
        }

        await Task.WhenAll(sent);
    }

    public Task ProduceBatch(string provider, object[] events) => Stream(provider).OnNextBatchAsync(events);

    public Task<string> Host() => Task.FromResult(RuntimeIdentity);

    private IAsyncStream<object> Stream(string provider) =>
        this.GetStreamProvider(provider).GetStream<object>(StreamId.Create(Streams.Namespace, this.GetPrimaryKey()));
}

public static class Streams
{
    public const string Namespace = "test";

    /// <summary>A stream as one silo itself publishes to it, wherever grains may live.</summary>
    public static IAsyncStream<object> Of(IServiceProvider silo, string provider, Guid stream) =>
        silo.GetRequiredKeyedService<IStreamProvider>(provider).GetStream<object>(StreamId.Create(Namespace, stream));
}

public interface IConsumerGrain : IGrainWithGuidKey
{
    Task<string> Host();
}

[ImplicitStreamSubscription(Streams.Namespace)]
public sealed class ConsumerGrain : Grain, IConsumerGrain, IStreamSubscriptionObserver, IAsyncObserver<object>
{
    public Task<string> Host() => Task.FromResult(RuntimeIdentity);

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<object>().ResumeAsync(this);

    public async Task OnNextAsync(object item, StreamSequenceToken? token = null)
    {
        var ledger = Ledger.Of(this.GetPrimaryKey());
        await ledger.Behaviour(item);
        if (Ledger.DeadSilos.ContainsKey(RuntimeIdentity))
            await new TaskCompletionSource().Task;
        ledger.LastContext = RequestContext.Get("who");
        ledger.Record(item);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
