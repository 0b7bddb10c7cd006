using System.Diagnostics;
using System.Diagnostics.Metrics;
using Commerce.Kernel;

namespace Commerce.Silo.Journal;

/// <summary>
/// What is seen of a journal: how large its batches are and how long they take, and, in the trace of the call that decided it, each append from its hand-over
/// to its commit. Batches cost two measurements each; an append costs a comparison while nobody traces.
/// </summary>
internal static class JournalTelemetry
{
    private const string Name = "Commerce.Journal";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<int> Size = Meter.CreateHistogram(
        "commerce.journal.batch.size", "{append}", "Appends in one transaction.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] });

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "commerce.journal.batch.duration", "s", "How long a transaction took, from its first statement to its commit.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5] });

    /// <summary>What a lane's measurements are told apart by; made once.</summary>
    public static KeyValuePair<string, object?> Tag(string journal) => new("journal", journal);

    /// <summary>A batch is committed.</summary>
    /// <param name="journal">Whose lane.</param>
    /// <param name="appends">How many travelled together.</param>
    /// <param name="begun"><see cref="Stopwatch.GetTimestamp"/> before it.</param>
    public static void Committed(KeyValuePair<string, object?> journal, int appends, long begun)
    {
        Size.Record(appends, journal);
        Duration.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds, journal);
    }

    /// <summary>Begins an append's span; null while nobody traces this call.</summary>
    public static Activity? Begin(Append append)
    {
        if (!Source.HasListeners()) return null;
        var caller = Activity.Current;
        var span = Source.StartActivity($"append {append.Stream.Service}");
        span?.SetTag("commerce.events", append.Events.Count);

        // What the caller does meanwhile is not part of the append.
        Activity.Current = caller;
        return span;
    }

    /// <summary>Ends an append's span; null for the outcome when it failed.</summary>
    public static void End(Activity? span, AppendOutcome? outcome)
    {
        if (span is null) return;
        var here = Activity.Current;
        if (outcome is { } known) span.SetTag("commerce.outcome", known.ToString());
        else span.SetStatus(ActivityStatusCode.Error);
        span.Dispose();

        // Ending it made its caller's activity the current one; a lane belongs to no caller.
        Activity.Current = here;
    }
}
