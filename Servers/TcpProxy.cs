using System.Net;
using System.Net.Sockets;

namespace Commerce.Servers;

/// <summary>
/// A TCP proxy between a client and a server that can cut connections, delay, slow down or swallow bytes, go silent without
/// closing (half open), cut after so many bytes and refuse new connections: the network faults a kernel without netem cannot give.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>How long TCP waits before it sends again what was lost; what is behind it on the connection waits, too.</summary>
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _target;
    private int _accepted, _frozen;
    private long _cutAfter = long.MaxValue, _passed;
    private bool _dropAnswers, _halfOpen, _refuse;

    public TcpProxy(int targetPort)
    {
        _target = targetPort;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where later connections lead; a server that was started again may have another port.</summary>
    public int Target { get => Volatile.Read(ref _target); set => Volatile.Write(ref _target, value); }

    /// <summary>Connections accepted since the start.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Bytes that passed in either direction.</summary>
    public long Passed => Volatile.Read(ref _passed);

    /// <summary>What the server answers is read and thrown away; the client's requests still arrive.</summary>
    public bool DropAnswers { get => Volatile.Read(ref _dropAnswers); set => Volatile.Write(ref _dropAnswers, value); }

    /// <summary>Nothing passes in either direction, and nothing is closed.</summary>
    public bool HalfOpen { get => Volatile.Read(ref _halfOpen); set => Volatile.Write(ref _halfOpen, value); }

    /// <summary>What is thrown away of one client, known by its port, and in which direction: towards it (answers) or from it.</summary>
    public Func<int, bool, bool>? Swallows { get; set; }

    /// <summary>The connections that are open now go silent for ever, without being closed, as behind a router that forgot them; later ones work.</summary>
    public void Freeze() => Volatile.Write(ref _frozen, Accepted);

    /// <summary>New connections are closed at once.</summary>
    public bool Refuse { get => Volatile.Read(ref _refuse); set => Volatile.Write(ref _refuse, value); }

    /// <summary>Each block of bytes is held this long, in both directions.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Bytes a second of a connection, in each direction; 0 for as many as there are.</summary>
    public int Throttle { get; set; }

    /// <summary>Which block of bytes is lost on its way. TCP hides a loss as a delay, and so does this.</summary>
    public Func<bool>? Loses { get; set; }

    /// <summary>Cuts every connection once so many more bytes have passed, in the middle of whatever they belong to.</summary>
    public void CutAfter(long bytes) => Volatile.Write(ref _cutAfter, Passed + bytes);

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
            var port = (client.RemoteEndPoint as IPEndPoint)?.Port ?? 0;
            (client.NoDelay, server.NoDelay) = (true, true);
            lock (_gate)
                _sockets.UnionWith([client, server]);
            await server.ConnectAsync(IPAddress.Loopback, Target, _stop.Token);
            await Task.WhenAny(Pump(client, server, number, port, answers: false), Pump(server, client, number, port, answers: true));
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

    private async Task Pump(Socket from, Socket to, int number, int port, bool answers)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer.AsMemory(0, Throttle is > 0 and var most ? Math.Min(most, buffer.Length) : buffer.Length), _stop.Token);
                if (read == 0)
                    return;
                if (HalfOpen || number <= Volatile.Read(ref _frozen) || (answers && DropAnswers) || Swallows?.Invoke(port, answers) is true)
                    continue;
                await Hold(read);
                var cutAt = Volatile.Read(ref _cutAfter);
                if (Interlocked.Add(ref _passed, read) is var passed && passed > cutAt) read -= (int)Math.Min(passed - cutAt, read);
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
                if (passed <= cutAt) continue;
                Volatile.Write(ref _cutAfter, long.MaxValue);
                Cut();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // A cut: the finally of Serve closes the other half.
        }
    }

    private async ValueTask Hold(int bytes)
    {
        if (Delay > TimeSpan.Zero)
            await Task.Delay(Delay, _stop.Token);
        if (Loses?.Invoke() is true)
            await Task.Delay(Retransmission, _stop.Token);
        if (Throttle > 0)
            await Task.Delay(TimeSpan.FromSeconds((double)bytes / Throttle), _stop.Token);
    }
}
