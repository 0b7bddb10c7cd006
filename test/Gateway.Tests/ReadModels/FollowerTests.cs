using System.Reflection;
using System.Threading.Channels;
using Commerce.Feeds;
using Commerce.Gateway.ReadModels;
using Commerce.Gateway.Tests.Shop;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Commerce.Gateway.Tests.ReadModels;

public sealed class FollowerTests : IDisposable
{
    private readonly Feeds _feeds = new();
    private readonly Model _model = new();
    private readonly HandFedFeed _feed = new();
    private readonly LogBook _log = new();
    private readonly LoggerFactory _logs;

    public FollowerTests() => _logs = new LoggerFactory([_log]);

    public void Dispose()
    {
        _logs.Dispose();
        _feeds.Dispose();
    }

    [Fact]
    public async Task After_a_page_that_large_events_have_filled_more_is_known_to_come()
    {
        using var follower = Follow();
        await _feed.Asked(0);
        _model.Complete.ShouldBe(1, "the feed was empty");
        _feed.Answer([300_000, 300_000]);
        await _feed.Asked(2);
        (_model.Applied, _model.Complete).ShouldBe((2, 1));
        _feed.Answer([300_000]);
        await _feed.Asked(3);
        (_model.Applied, _model.Complete).ShouldBe((3, 2));
        await follower.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Why_it_cannot_go_on_is_said_once_until_it_can()
    {
        using var follower = Follow();
        await _feed.Asked(0);
        _model.Fault = "no fold for it";
        for (var attempt = 0; attempt < 2; attempt++)
        {
            _feed.Answer([1]);
            await _feed.Asked(0);
        }

        _log.Lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("no fold for it", StringComparison.Ordinal)).ShouldBe(1);
        await follower.StopAsync(TestContext.Current.CancellationToken);
    }

    private Follower Follow()
    {
        var follower = new Follower(Grains.Of(_feed), _feeds.Store, _model, TimeProvider.System, _logs.CreateLogger<Follower>());
        _ = follower.StartAsync(TestContext.Current.CancellationToken);
        return follower;
    }

    private sealed class Model : IReadModel
    {
        public string Service => "order";

        public IReadOnlyList<string> Tables => [];

        public int Applied { get; private set; }

        /// <summary>How often it was told that everything has been applied.</summary>
        public int Complete { get; private set; }

        /// <summary>What goes wrong with every event.</summary>
        public string? Fault { get; set; }

        public void Apply(SqliteConnection db, RecordedEvent recorded)
        {
            if (Fault is not null) throw new NotSupportedException(Fault);
            Applied++;
        }

        public void AppliedAllBefore(long moment) => Complete++;
    }

    /// <summary>A feed whose next page the test gives.</summary>
    private sealed class HandFedFeed : IFeedGrain
    {
        private readonly Channel<long> _asked = Channel.CreateUnbounded<long>();
        private TaskCompletionSource<FeedBatch?> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _after;

        /// <summary>Waits until the page after a position is asked for.</summary>
        public async Task Asked(long after)
        {
            (_after = await _asked.Reader.ReadAsync(TestContext.Current.CancellationToken)).ShouldBe(after);
        }

        public void Answer(int[] sizes)
        {
            var (after, next) = (_after, _next);
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next.SetResult(FeedBatch.Of("order", 0, "e1", [.. sizes.Select((size, i) => new RecordedEvent(
                "order", 0, after + i + 1, Guid.Empty, "order/t1/x", after + i + 1, "order.cancelled.v1", default, default, "system", null, null, null, new byte[size]))]));
        }

        public Task<FeedBatch?> Next(long after, TimeSpan patience)
        {
            var next = _next.Task;
            _asked.Writer.TryWrite(after);
            return next;
        }

        public Task<FeedBatch?> Read(long after) => Task.FromResult<FeedBatch?>(null);

        public Task<FeedHead> Head() => Task.FromResult(new FeedHead(0, "e1"));
    }

    public class Grains : DispatchProxy
    {
        private IFeedGrain _feed = null!;

        /// <summary>A factory that knows nothing but this feed.</summary>
        public static IGrainFactory Of(IFeedGrain feed)
        {
            var grains = Create<IGrainFactory, Grains>();
            ((Grains)(object)grains)._feed = feed;
            return grains;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _feed;
    }
}
