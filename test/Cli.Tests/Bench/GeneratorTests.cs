using System.Net;
using System.Net.Sockets;
using System.Text;
using Commerce.Cli.Bench.Load;

namespace Commerce.Cli.Tests.Bench;

public sealed class GeneratorTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task In_a_closed_loop_all_is_asked_once_and_counted()
    {
        using var server = new StubServer(_ => Ok);
        using var generator = new Generator(server.Port, connections: 4);
        var left = 100;

        var tally = await generator.Run(_ => new Stub(() => left-- > 0), new Pace());

        (tally.Done, tally.Errors.Count, server.Asked).ShouldBe((100, 0, 100));
    }

    [Fact]
    public async Task Errors_are_counted_by_status_and_are_not_done()
    {
        using var server = new StubServer(asked => asked % 2 == 0 ? Ok : "HTTP/1.1 503 Away\r\nContent-Length: 4\r\n\r\naway");
        using var generator = new Generator(server.Port, connections: 1);
        var left = 10;

        var tally = await generator.Run(_ => new Stub(() => left-- > 0), new Pace());

        (tally.Done, tally.Errors[503], tally.FirstError).ShouldBe((5, 5, "away"));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_an_error_and_the_next_one_goes_on()
    {
        using var server = new StubServer(asked => asked == 3 ? null : Ok);
        using var generator = new Generator(server.Port, connections: 1);
        var left = 10;

        var tally = await generator.Run(_ => new Stub(() => left-- > 0), new Pace());

        (tally.Done, tally.Errors[Tally.NoAnswer]).ShouldBe((9, 1));
    }

    [Fact]
    public async Task With_a_time_table_a_stall_is_seen_by_all_who_would_have_come_meanwhile()
    {
        // One answer takes 300 ms; at 100 a second on one connection thirty more are due meanwhile and wait.
        using var server = new StubServer(asked => { if (asked == 10) Thread.Sleep(300); return Ok; });
        using var generator = new Generator(server.Port, connections: 1);

        var tally = await generator.Run(_ => new Stub(() => true), new Pace(TimeSpan.FromSeconds(1), PerSecond: 100));

        tally.Latencies.Percentile(0.80).ShouldBeGreaterThan(30, "a closed loop would have seen one slow answer");
    }

    [Fact]
    public async Task With_a_time_table_the_rate_is_the_one_asked_for()
    {
        using var server = new StubServer(_ => Ok);
        using var generator = new Generator(server.Port, connections: 8);

        var tally = await generator.Run(_ => new Stub(() => true), new Pace(TimeSpan.FromSeconds(1), PerSecond: 200));

        tally.Done.ShouldBeInRange(150, 201);
    }

    private sealed class Stub(Func<bool> more) : Visitor
    {
        public override int Ask(Span<byte> into) => more() ? Requests.Get(into, "/") : 0;

        public override Verdict Heard(int status, ReadOnlySpan<byte> body) => status == 200 ? Verdict.Done : Verdict.Failed;
    }

    /// <summary>Answers one request after another; null closes the connection instead.</summary>
    private sealed class StubServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Func<int, string?> _answer;
        private int _asked;

        public StubServer(Func<int, string?> answer)
        {
            _answer = answer;
            _listener.Start();
            _ = Accept();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Asked => _asked;

        public void Dispose() => _listener.Dispose();

        private async Task Accept()
        {
            try
            {
                while (true) _ = Serve(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
            {
            }
        }

        private async Task Serve(TcpClient client)
        {
            using (client)
            {
                var buffer = new byte[4096];
                while (await client.GetStream().ReadAsync(buffer) > 0)
                {
                    if (_answer(Interlocked.Increment(ref _asked)) is not { } answer) return;
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
                }
            }
        }
    }
}
