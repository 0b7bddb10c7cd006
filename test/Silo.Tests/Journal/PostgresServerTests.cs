using System.Net.Sockets;
using Commerce.Kit.Servers;

namespace Commerce.Silo.Tests.Journal;

/// <summary>The Kit's PostgreSQL by itself: started, killed, started again, and gone.</summary>
public sealed class PostgresServerTests
{
    [Fact]
    public async Task A_private_server_starts_survives_a_kill_and_leaves_nothing_behind()
    {
        int port;
        await using (var server = await PostgresServer.Start())
        {
            port = server.Port;
            (await AsksForStartup(port)).ShouldBe((byte)'N');
            await server.Kill();
            await server.Restart();
            (await AsksForStartup(port)).ShouldBe((byte)'N');
        }

        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Should.ThrowAsync<SocketException>(socket.ConnectAsync("127.0.0.1", port));
    }

    // The protocol's first message may ask for TLS; a PostgreSQL without certificates answers with the letter N. Nothing else does.
    private static async Task<byte> AsksForStartup(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port);
        await socket.SendAsync(new byte[] { 0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F });
        var answer = new byte[1];
        await socket.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(120));
        return answer[0];
    }
}
