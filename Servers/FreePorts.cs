using System.Net;
using System.Net.Sockets;

namespace Commerce.Servers;

/// <summary>Ports that were free a moment ago. All are held while all are chosen, so one call never gives the same port twice.</summary>
public static class FreePorts
{
    /// <summary>Where the lasting ports begin; the kernel's own choices for outgoing connections begin at 32768.</summary>
    private const int First = 20_000, Last = 32_000;

    /// <summary>Any ports, for what ends soon.</summary>
    public static int[] Take(int count)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++) held.Add(Hold(0) ?? throw new InvalidOperationException("No port is free on the loopback address."));
            return [.. held.Select(PortOf)];
        }
        finally
        {
            held.ForEach(l => l.Dispose());
        }
    }

    /// <summary>Ports below those the kernel gives to outgoing connections: a server that is away for a while finds its own still free.</summary>
    public static int[] TakeLasting(int count, Random chance)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var tries = 0; held.Count < count && tries < 10_000; tries++)
            {
                if (Hold(chance.Next(First, Last)) is { } listener) held.Add(listener);
            }

            return held.Count == count ? [.. held.Select(PortOf)] : throw new InvalidOperationException("No port is free on the loopback address.");
        }
        finally
        {
            held.ForEach(l => l.Dispose());
        }
    }

    /// <summary>Whether somebody could listen there now.</summary>
    public static bool IsFree(int port)
    {
        using var listener = Hold(port);
        return listener is not null;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static TcpListener? Hold(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
