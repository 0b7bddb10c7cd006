using Commerce.Analytics.ReadModels;
using Commerce.Feeds;

namespace Commerce.Analytics.Consumers;

/// <summary>Sets the consumers going and nudges them for as long as the process lives.</summary>
internal sealed partial class ProjectionStarter(IGrainFactory grains, TimeProvider time, ILogger<ProjectionStarter> log) : BackgroundService
{
    /// <summary>How long a lost item may go unnoticed when nothing follows it.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await Task.WhenAll(ProjectionFold.Services.Select(Nudge));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(tick => tick.IsCompletedSuccessfully, TaskScheduler.Default));
    }

    private async Task Nudge(string service)
    {
        try
        {
            await grains.GetGrain<IProjectionGrain>(FeedStreams.Key(service, 0)).Nudge();
        }
        catch (Exception fault)
        {
            LogNudge(service, fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The consumer of {Service} could not be reached; it is tried again.")]
    private partial void LogNudge(string service, Exception fault);
}
