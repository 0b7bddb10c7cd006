using System.Net.Sockets;
using System.Text.Json;
using Commerce.Cli.Output;

namespace Commerce.Cli.Clusters;

/// <summary>Where <c>up</c> listens for the other commands: a unix socket only its owner may use, a line of JSON each way.</summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _path;
    private readonly Func<ControlRequest, Action<string>, CancellationToken, Task<object>> _do;
    private readonly Task _accepting;

    public ControlSocket(ClusterFolder folder, Func<ControlRequest, Action<string>, CancellationToken, Task<object>> perform)
    {
        (_path, _do) = (folder.Socket, perform);
        // The folder is ours alone: one that lies there was left by a process that was killed.
        File.Delete(_path);
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen();
        _accepting = Accept();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        File.Delete(_path);
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested) _ = Serve(await _listener.AcceptAsync(_stop.Token));
    }

    private async Task Serve(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = new StreamReader(stream, leaveOpen: true);
            await using var writer = new StreamWriter(stream, leaveOpen: true) { AutoFlush = true };
            var line = await reader.ReadLineAsync(_stop.Token);
            if (line is null) return;
            var reply = await Answer(line, said => writer.WriteLine(ControlJson.Line(new ControlReply(Say: said))));
            await writer.WriteLineAsync(ControlJson.Line(reply));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The one who asked is gone, or we are going: what was asked is done or not, nobody waits for the answer.
        }
    }

    private async Task<ControlReply> Answer(string line, Action<string> say)
    {
        try
        {
            return ControlJson.Parse<ControlRequest>(line) is { Do: not null } request
                ? new ControlReply(Ok: true, State: await _do(request, Quietly(say), _stop.Token) as ClusterState)
                : new ControlReply(Ok: false, Error: "That was no request.", ExitCode: ExitCode.WrongUsage);
        }
        catch (JsonException)
        {
            return new ControlReply(Ok: false, Error: "That was no request.", ExitCode: ExitCode.WrongUsage);
        }
        catch (UsageException e)
        {
            return new ControlReply(Ok: false, Error: e.Message, ExitCode: ExitCode.WrongUsage);
        }
        catch (OperationCanceledException)
        {
            return new ControlReply(Ok: false, Error: "The cluster is being stopped.", ExitCode: ExitCode.Missing);
        }
        catch (Exception e) when (e is not IOException)
        {
            return new ControlReply(Ok: false, Error: e.Message, ExitCode: ExitCode.Missing);
        }
    }

    // Whoever asked may have left; what they asked for is still done to its end.
    private static Action<string> Quietly(Action<string> say) => said =>
    {
        try { say(said); }
        catch (IOException) { }
    };
}
