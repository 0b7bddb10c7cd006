using System.Diagnostics;
using Commerce.Kernel;
using Commerce.Kit.Telemetry;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Silo.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Tests.Telemetry;

public sealed class JournalTelemetryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_transaction_is_measured_with_its_size_and_its_time()
    {
        using var size = new Measured("commerce.journal.batch.size");
        using var duration = new Measured("commerce.journal.batch.duration");
        using var lane = new SqliteLane(Path.Combine(_folder.Path, "x.db"), "lane-of-this-test", session => session.Script("create table x (y integer) strict"), NullLogger.Instance);
        for (var i = 0; i < 3; i++)
        {
            await lane.Do(session =>
            {
                session.Run("insert into x values (1)");
                return true;
            });
        }

        size.With("journal", "lane-of-this-test").ShouldBe([1, 1, 1]);
        duration.With("journal", "lane-of-this-test").Count.ShouldBe(3);
        duration.With("journal", "lane-of-this-test").ShouldAllBe(seconds => seconds > 0 && seconds < 60);
    }

    [Fact]
    public async Task An_append_is_a_span_of_the_call_that_decided_it_until_its_commit_and_of_nobody_else()
    {
        var spans = new List<Activity>();
        using var listener = Listen(spans);
        using var journal = SqliteJournal.Open(Path.Combine(_folder.Path, "journal.db"), TimeProvider.System, NullLogger<SqliteJournal>.Instance);
        using var call = new Activity("call").SetIdFormat(ActivityIdFormat.W3C).Start();
        call.ActivityTraceFlags = ActivityTraceFlags.Recorded;

        var append = journal.Append(Of("order/t1/a"));
        Activity.Current.ShouldBe(call, "the caller goes on as itself");
        (await append).ShouldBe(AppendOutcome.Committed);
        (await journal.Append(Of("order/t1/a"))).ShouldBe(AppendOutcome.Conflict);

        var mine = spans.Where(span => span.TraceId == call.TraceId).ToList();
        mine.Select(span => (span.OperationName, span.ParentSpanId, span.GetTagItem("commerce.outcome"))).ShouldBe(
            [("append order", call.SpanId, "Committed"), ("append order", call.SpanId, "Conflict")]);
    }

    [Fact]
    public void While_nobody_traces_an_append_has_no_span() => JournalTelemetry.Begin(Of("order/t1/b")).ShouldBeNull();

    private static Append Of(string stream) => new(
        new StreamName("order", stream), Guid.Empty, 0, [new NewEvent(Guid.NewGuid(), "order.cancelled.v1", "{}"u8.ToArray())], CommandKey.None,
        DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null, new Envelope("system", null, null));

    // Only this test's own calls are listened to: other tests append meanwhile.
    private static ActivityListener Listen(List<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Commerce.Journal",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span => { lock (spans) spans.Add(span); },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
