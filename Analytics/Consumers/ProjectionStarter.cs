using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Commerce.Feeds;

namespace Commerce.Analytics.Consumers;

/// <summary>
/// Sets the consumers going and nudges them for as long as the process lives. It asks for the store so that a store that cannot be opened stops
/// the start with its reason, instead of every nudge.
/// </summary>
internal sealed partial class ProjectionStarter(AnalyticsStore store, IGrainFactory grains, TimeProvider time, ILogger<ProjectionStarter> log) : BackgroundService
{
    /// <summary>How long a lost item may go unnoticed when nothing follows it.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await Task.WhenAll(ProjectionFold.Services.Select(service => Nudge(service, stoppingToken)));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(tick => tick.IsCompletedSuccessfully, TaskScheduler.Default));
    }

    private async Task Nudge(string service, CancellationToken stopping)
    {
        try
        {
            await grains.GetGrain<IProjectionGrain>(FeedStreams.Key(service, 0)).Nudge();
        }
        catch (Exception fault) when (!stopping.IsCancellationRequested)
        {
            LogNudge(service, fault);
        }
        catch (Exception)
        {
            // The silo is going down, and this loop with it.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The consumer of {Service} could not be reached; it is tried again.")]
    private partial void LogNudge(string service, Exception fault);
}
