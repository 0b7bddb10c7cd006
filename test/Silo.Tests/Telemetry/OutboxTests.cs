using System.Collections.Immutable;
using System.Diagnostics;
using Commerce.Feeds;
using Commerce.Kit.Telemetry;
using Commerce.Silo.Relay;

namespace Commerce.Tests.Telemetry;

public sealed class OutboxTests
{
    [Fact]
    public void Its_depth_is_what_the_relay_has_not_published_and_is_measured_while_the_relay_runs()
    {
        using var depth = new Measured("commerce.outbox.depth");
        var outbox = new Outbox("outbox-of-this-test");
        outbox.Published(5);
        depth.Now("service", "outbox-of-this-test").ShouldBe([0]);
        outbox.Ends(12);
        depth.Now("service", "outbox-of-this-test").ShouldBe([7]);
        outbox.Published(12);
        depth.Now("service", "outbox-of-this-test").ShouldBe([0]);
        outbox.Dispose();
        depth.Now("service", "outbox-of-this-test").ShouldBeEmpty();
    }

    [Fact]
    public void What_is_published_belongs_to_the_first_traced_request_and_names_the_others()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Commerce.Feeds", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);

        using var span = FeedTrace.Begin("publish", ActivityKind.Producer, Run(null, "not a trace", Trace(1, "00"), Trace(2), Trace(3), Trace(2), Trace(4)))!;
        span.OperationName.ShouldBe("publish order");
        (span.TraceId.ToHexString(), span.ParentSpanId.ToHexString()).ShouldBe((Id(2, 32), Id(2, 16)));
        span.Links.Select(link => link.Context.TraceId.ToHexString()).ShouldBe([Id(3, 32), Id(4, 32)]);

        FeedTrace.Begin("publish", ActivityKind.Producer, Run(null, Trace(1, "00"))).ShouldBeNull("no request of the run is traced");
    }

    private static string Id(int digit, int length) => new((char)('0' + digit), length);

    private static string Trace(int digit, string flags = "01") => $"00-{Id(digit, 32)}-{Id(digit, 16)}-{flags}";

    private static FeedBatch Run(params string?[] traces) => new("order", 0, "epoch",
    [
        .. traces.Select((trace, i) => new RecordedEvent(
            "order", 0, i + 1, Guid.Empty, "order/t1/x", i + 1, "order.cancelled.v1", default, default, "system", null, null, trace, [])).ToImmutableArray(),
    ]);
}
