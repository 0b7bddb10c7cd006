using System.Net;
using System.Net.Sockets;

namespace Commerce.Kit.Servers;

/// <summary>
/// A TCP proxy between a client and a server that can cut connections, delay or swallow bytes in one direction, go silent without
/// closing (half open) and refuse new connections: the network faults a kernel without netem cannot give.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly int _target;
    private int _accepted, _frozen;
    private bool _dropAnswers, _halfOpen, _refuse;

    public TcpProxy(int targetPort)
    {
        _target = targetPort;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections accepted since the start.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>What the server answers is read and thrown away; the client's requests still arrive.</summary>
    public bool DropAnswers { get => Volatile.Read(ref _dropAnswers); set => Volatile.Write(ref _dropAnswers, value); }

    /// <summary>Nothing passes in either direction, and nothing is closed.</summary>
    public bool HalfOpen { get => Volatile.Read(ref _halfOpen); set => Volatile.Write(ref _halfOpen, value); }

    /// <summary>The connections that are open now go silent for ever, without being closed, as behind a router that forgot them; later ones work.</summary>
    public void Freeze() => Volatile.Write(ref _frozen, Accepted);

    /// <summary>New connections are closed at once.</summary>
    public bool Refuse { get => Volatile.Read(ref _refuse); set => Volatile.Write(ref _refuse, value); }

    /// <summary>Each block of bytes is held this long, in both directions.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Cuts every connection at once.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets)
                socket.Close(0);
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = Serve(client, Interlocked.Increment(ref _accepted));
        }
    }

    private async Task Serve(Socket client, int number)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (Refuse)
                return;
            (client.NoDelay, server.NoDelay) = (true, true);
            lock (_gate)
                _sockets.UnionWith([client, server]);
            await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await Task.WhenAny(Pump(client, server, number, answers: false), Pump(server, client, number, answers: true));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other side is told by the close below; there is nobody else to tell.
        }
        finally
        {
            client.Close(0);
            server.Close(0);
            lock (_gate)
            {
                _sockets.Remove(client);
                _sockets.Remove(server);
            }
        }
    }

    private async Task Pump(Socket from, Socket to, int number, bool answers)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer.AsMemory(), _stop.Token);
                if (read == 0)
                    return;
                if (HalfOpen || number <= Volatile.Read(ref _frozen) || (answers && DropAnswers))
                    continue;
                if (Delay > TimeSpan.Zero)
                    await Task.Delay(Delay, _stop.Token);
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // A cut: the finally of Serve closes the other half.
        }
    }
}
