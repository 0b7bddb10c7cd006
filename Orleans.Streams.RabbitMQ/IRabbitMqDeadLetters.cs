namespace Orleans.Streams.RabbitMQ;

/// <summary>
/// The dead letters of one provider: events no consumer could take, kept in the durable queue <c>prefix.dead</c> with the headers
/// <c>x-reason</c>, <c>x-stream</c>, <c>x-subscription</c>, <c>x-error</c> and <c>x-queue</c>. A keyed service under the provider's name.
/// </summary>
public interface IRabbitMqDeadLetters
{
    /// <summary>How many dead letters wait, as the broker counts them.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts dead letters back at the end of the queues they came from, oldest first. A letter leaves the dead queue after the broker has
    /// confirmed it in its old queue, so a crash between the two repeats it. Every subscription of the stream sees it again.
    /// A letter whose queue is gone stays, behind the others.
    /// </summary>
    /// <param name="maxCount">At most so many; letters that die again meanwhile are not taken a second time.</param>
    /// <param name="cancellationToken">Ends the call; what was put back stays put back.</param>
    /// <returns>How many were put back.</returns>
    /// <exception cref="InvalidOperationException">The provider only reads here.</exception>
    Task<int> ReplayAsync(int maxCount, CancellationToken cancellationToken = default);
}
