using Orleans.Concurrency;

namespace Commerce.Analytics.Consumers;

/// <summary>
/// The one consumer of a feed in the whole cluster, however many Analytics processes there are. Key: <c>service/partition</c>. It subscribes itself when it is
/// activated; that happens when it is first nudged or when an item for it arrives.
/// </summary>
[Alias("commerce.analytics.IProjectionGrain")]
internal interface IProjectionGrain : IGrainWithStringKey
{
    /// <summary>Reads the feed if nothing has come for a while. Called every few seconds: the last item before a silence may be the lost one.</summary>
    [Alias("Nudge")]
    Task Nudge();

    /// <summary>Why it has stopped; null while it runs.</summary>
    [Alias("Stopped"), AlwaysInterleave]
    Task<string?> Stopped();
}
