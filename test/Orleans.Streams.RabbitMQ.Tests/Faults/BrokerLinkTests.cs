using Commerce.Servers;
using Microsoft.Extensions.Time.Testing;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using Orleans.Streams.RabbitMQ.Tests.Unit;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>A link by itself, against the broker.</summary>
[Collection(Servers.Collection)]
public sealed class BrokerLinkTests(Servers servers) : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_declaration_that_fails_is_tried_once_in_a_pause()
    {
        var broker = await servers.Broker;
        await using var admin = await Admin.Connect(broker.Port);
        var (options, topology) = Options(broker.Port);
        await using var link = Link(options, topology);
        await link.Connect(CancellationToken.None);
        // Somebody has made a queue of the same name that is not ours.
        await admin.Channel.QueueDeleteAsync(topology.QueueName(0), ifUnused: false, ifEmpty: false);
        await admin.Channel.QueueDeclareAsync(topology.QueueName(0), durable: true, exclusive: false, autoDelete: false);

        link.Redeclare();
        for (var i = 0; i < 10; i++)
            await Should.ThrowAsync<BrokerUnavailableException>(async () => await link.Connect(CancellationToken.None));
        Attempts().ShouldBe(1);
        _time.Advance(options.ReconnectDelay);
        for (var i = 0; i < 10; i++)
            await Should.ThrowAsync<BrokerUnavailableException>(async () => await link.Connect(CancellationToken.None));
        Attempts().ShouldBe(2);

        await admin.Channel.QueueDeleteAsync(topology.QueueName(0), ifUnused: false, ifEmpty: false);
        _time.Advance(options.MaxReconnectDelay);
        await link.Connect(CancellationToken.None);
        await admin.Channel.QueueDeleteAsync(topology.QueueName(0), ifUnused: false, ifEmpty: false);
    }

    [Fact]
    public async Task A_connection_that_is_opened_while_the_link_ends_is_not_left_behind()
    {
        await using var proxy = new TcpProxy((await servers.Broker).Port) { Delay = TimeSpan.FromMilliseconds(100) };
        var (options, topology) = Options(proxy.Port);
        var link = Link(options, topology);
        var opening = link.Connect(CancellationToken.None).AsTask();
        await Until.Holds("it is connecting", () => Task.FromResult(proxy.Accepted > 0));

        await link.DisposeAsync();

        if (await Record.ExceptionAsync(() => opening) is null)
            (await opening).Connection.IsOpen.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_is_lost_or_never_came_is_opened_although_nobody_asks_again(bool came)
    {
        await using var proxy = new TcpProxy((await servers.Broker).Port) { Refuse = !came };
        var (options, topology) = Options(proxy.Port);
        await using var link = Link(options, topology);
        (await Record.ExceptionAsync(() => link.Connect(CancellationToken.None).AsTask()) is null).ShouldBe(came);
        proxy.Cut();
        await Until.Holds("it is down", () => Task.FromResult(link.IsUp == false));

        proxy.Refuse = false;

        await Until.Holds("it is up", () =>
        {
            _time.Advance(options.RotationCheckInterval);
            return Task.FromResult(link.IsUp == true);
        });
    }

    private static (RabbitMqStreamOptions, Topology) Options(int port)
    {
        var options = Servers.OneQueue(port);
        return (options, new Topology($"link-{Guid.CreateVersion7():N}", options));
    }

    private BrokerLink Link(RabbitMqStreamOptions options, Topology topology) => new("test", "publishing", options, topology, _time, CoalescerTests.Metrics, _log);

    private int Attempts() => _log.Lines.Count(line => line.Id == Lines.ConnectFailed);
}
