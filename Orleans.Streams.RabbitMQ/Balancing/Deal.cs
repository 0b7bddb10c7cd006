namespace Orleans.Streams.RabbitMQ.Balancing;

/// <summary>Who reads which queue: queue <c>i</c> of the sorted queues goes to host <c>i mod n</c> of the <c>n</c> sorted hosts.</summary>
internal static class Deal
{
    /// <returns>The queues of <paramref name="me"/>; none if it is not a host.</returns>
    public static List<TQueue> QueuesOf<TQueue, THost>(THost me, IEnumerable<TQueue> queues, IEnumerable<THost> hosts) where THost : IEquatable<THost>
    {
        var order = hosts.Order().ToList();
        var mine = order.IndexOf(me);
        return mine < 0 ? [] : [.. queues.Order().Where((_, i) => i % order.Count == mine)];
    }
}
