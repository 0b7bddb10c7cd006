using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Commerce.Cli.Bench.Load;

/// <summary>A kept-alive connection with one request in flight at most.</summary>
internal sealed class Connection(IPEndPoint server) : IDisposable
{
    private const int LargestAnswer = 256 * 1024, LargestRequest = 128 * 1024;

    private static readonly long RetryAfter = Stopwatch.Frequency / 20;

    private readonly byte[] _request = new byte[LargestRequest];
    private readonly byte[] _answer = new byte[LargestAnswer];
    private Socket? _socket;
    private int _received;

    public Visitor? Visitor { get; set; }

    /// <summary>When the request in flight was sent, or was due; 0 when none is.</summary>
    public long Since { get; private set; }

    /// <summary>Whether it stands in the queue of those that may ask.</summary>
    public bool IsQueued { get; set; }

    public bool IsOpen => _socket is not null;

    /// <summary>When a broken one may be tried again.</summary>
    public long RetryAt { get; private set; }

    public int Handle => (int)_socket!.Handle;

    public bool Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(server);
            socket.Blocking = false;
            (_socket, _received, Since) = (socket, 0, 0);
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose();
            RetryAt = Stopwatch.GetTimestamp() + RetryAfter;
            return false;
        }
    }

    /// <summary>Sends the visitor's next request. False when it has none.</summary>
    public bool Ask(long due)
    {
        var length = Visitor!.Ask(_request);
        if (length == 0) return false;
        Since = due;
        // One request is far smaller than a socket's buffer and none is in it: it is taken whole or the connection is broken.
        if (_socket!.Send(_request.AsSpan(0, length), SocketFlags.None, out var error) != length || error != SocketError.Success) Break();
        return true;
    }

    /// <summary>Takes in what has come; true when the answer is complete: <see cref="Take"/> it.</summary>
    public bool Receive(out HttpAnswer answer)
    {
        answer = default;
        while (IsOpen)
        {
            var count = _socket!.Receive(_answer.AsSpan(_received), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return false;
            if (error != SocketError.Success || count == 0)
            {
                Break();
                return false;
            }

            _received += count;
            if (HttpAnswer.TryRead(_answer.AsSpan(0, _received), out answer)) return true;
        }

        return false;
    }

    /// <summary>Shows the answer to the visitor; the connection is free for the next request.</summary>
    public Verdict Take(HttpAnswer answer)
    {
        (_received, Since) = (0, 0);
        return Visitor!.Heard(answer.Status, Body(answer));
    }

    public ReadOnlySpan<byte> Body(HttpAnswer answer) => _answer.AsSpan(answer.BodyAt, answer.Length - answer.BodyAt);

    /// <summary>Gives the connection up; the request in flight has no answer.</summary>
    public void Break()
    {
        _socket?.Dispose();
        _socket = null;
        RetryAt = Stopwatch.GetTimestamp() + RetryAfter;
    }

    public void Forget() => Since = 0;

    public void Dispose() => _socket?.Dispose();
}
