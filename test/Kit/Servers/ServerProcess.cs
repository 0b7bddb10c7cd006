using System.Diagnostics;
using System.Net.Sockets;
using Commerce.Servers;

namespace Commerce.Kit.Servers;

/// <summary>A server as a direct child of this process: its output is kept for the error message, its death is reaped.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>CPU time the server has used since it started.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static ServerProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string workingFolder)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;

        var server = new ServerProcess(new Process { StartInfo = start });
        server._process.OutputDataReceived += (_, e) => server.Keep(e.Data);
        server._process.ErrorDataReceived += (_, e) => server.Keep(e.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    public static ServerProcess Start(Launch launch) => Start(launch.Program, launch.Arguments, launch.Variables, launch.Folder);

    /// <summary>Runs a program to its end and gives its output; a failure carries that output.</summary>
    public static Task<string> Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string workingFolder) =>
        new Launch(program, [.. arguments], environment, workingFolder).RunToEnd();

    /// <summary>Waits until something accepts connections on the port; the server's death or the time limit ends the wait with its last words.</summary>
    public async Task AcceptsConnections(int port, TimeSpan limit, CancellationToken cancellation = default)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync("127.0.0.1", port, cancellation);
                return;
            }
            catch (SocketException) when (!HasExited && waited.Elapsed < limit)
            {
                await Task.Delay(50, cancellation);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"{_process.StartInfo.FileName} does not listen on {port} after {waited.Elapsed.TotalSeconds:0} s. Last words:\n{LastWords()}");
            }
        }
    }

    public string LastWords()
    {
        lock (_lastLines)
            return string.Join('\n', _lastLines);
    }

    /// <summary>Ends the server at once, as a power cut would, and reaps it: an unreaped child would block a restart.</summary>
    public async Task Kill()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 40)
                _lastLines.Dequeue();
        }
    }
}
