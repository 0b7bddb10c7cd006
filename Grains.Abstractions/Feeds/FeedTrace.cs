using System.Diagnostics;

namespace Commerce.Feeds;

/// <summary>
/// Carries traces beyond the journal: what is done with a run of events belongs to the requests that made them. Only requests that are being traced count, so a
/// run without any costs one look at each event, and nothing at all while nobody traces.
/// </summary>
public static class FeedTrace
{
    /// <summary>Most other requests a span names; a run holds at most <see cref="FeedBatch.MaxEvents"/> events.</summary>
    private const int MostLinks = 32;

    private static readonly ActivitySource Source = new("Commerce.Feeds");

    /// <summary>
    /// Begins a span over a run. It goes on with the first traced request's trace and links the others'; null when none is traced.
    /// </summary>
    /// <param name="what">What is done: <c>publish</c>, <c>apply</c>.</param>
    /// <param name="kind">Producer or consumer.</param>
    /// <param name="run">The events.</param>
    public static Activity? Begin(string what, ActivityKind kind, FeedBatch run)
    {
        if (!Source.HasListeners()) return null;
        var requests = new List<ActivityContext>();
        foreach (var happened in run.Events)
        {
            if (requests.Count > MostLinks) break;
            if (ActivityContext.TryParse(happened.TraceParent, null, isRemote: true, out var request) && request.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                && !requests.Exists(known => known.TraceId == request.TraceId)) requests.Add(request);
        }

        return requests is [var first, .. var others]
            ? Source.StartActivity($"{what} {run.Service}", kind, first, [new("commerce.first", run.First), new("commerce.events", run.Events.Length)], others.Select(other => new ActivityLink(other)))
            : null;
    }
}
