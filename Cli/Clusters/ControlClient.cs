using System.Net.Sockets;
using Commerce.Cli.Output;

namespace Commerce.Cli.Clusters;

/// <summary>The other end of the control socket.</summary>
internal static class ControlClient
{
    /// <summary>Asks, passes on what is said meanwhile, and gives the state afterwards. A refusal is thrown as the sentence it is.</summary>
    public static async Task<ClusterState> Ask(ClusterFolder folder, ControlRequest request, Action<string> say, CancellationToken cancel) =>
        await TryAsk(folder, request, say, cancel)
        ?? throw new MissingException($"No cluster runs on {folder.Root}; start one with './commerce up --cluster', or name its folder with --data.");

    /// <summary>The same; null when no cluster runs there.</summary>
    public static async Task<ClusterState?> TryAsk(ClusterFolder folder, ControlRequest request, Action<string> say, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.Socket), cancel);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new MissingException($"The cluster on {folder.Root} belongs to another user; ask as that user.");
        }
        catch (SocketException)
        {
            return null;
        }

        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream) { AutoFlush = true };
        await writer.WriteLineAsync(ControlJson.Line(request).AsMemory(), cancel);
        while (await Line(reader, cancel) is { } line)
        {
            var reply = ControlJson.Parse<ControlReply>(line)!;
            if (reply.Say is { } said) say(said);
            if (reply.Ok == true) return reply.State;
            if (reply.Ok == false) throw reply.ExitCode == ExitCode.WrongUsage ? new UsageException(reply.Error!) : new MissingException(reply.Error!);
        }

        throw new MissingException($"The cluster on {folder.Root} was stopped meanwhile.");
    }

    private static async Task<string?> Line(StreamReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.ReadLineAsync(cancel);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
