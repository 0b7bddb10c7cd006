using System.Net;
using System.Net.Sockets;

namespace Commerce.Kit.Servers;

/// <summary>Ports that were free a moment ago. All are held while all are chosen, so one call never gives the same port twice.</summary>
public static class FreePorts
{
    public static int[] Take(int count)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                held.Add(listener);
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            held.ForEach(l => l.Dispose());
        }
    }
}
