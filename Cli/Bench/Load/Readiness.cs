using System.Runtime.InteropServices;

namespace Commerce.Cli.Bench.Load;

/// <summary>Which of many sockets have something to read: <c>ppoll(2)</c>, one call for all, without a thread or a continuation per answer.</summary>
internal sealed partial class Readiness(int most)
{
    private const short ToRead = 1;

    private readonly Entry[] _entries = new Entry[most];
    private readonly Connection[] _connections = new Connection[most];
    private int _count;

    public void Clear() => _count = 0;

    public void Add(Connection connection)
    {
        _entries[_count] = new Entry { Handle = connection.Handle, Wanted = ToRead };
        _connections[_count++] = connection;
    }

    /// <summary>Waits, and says which are ready; closed ones are ready, too.</summary>
    public void Wait(TimeSpan atMost, List<Connection> ready)
    {
        ready.Clear();
        var time = new Time { Seconds = (nint)(atMost.Ticks / TimeSpan.TicksPerSecond), Nanoseconds = (nint)(atMost.Ticks % TimeSpan.TicksPerSecond * 100) };
        if (Poll(_entries, (nuint)_count, in time, 0) <= 0) return;
        for (var i = 0; i < _count; i++)
        {
            if (_entries[i].Found != 0) ready.Add(_connections[i]);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Handle;
        public short Wanted;
        public short Found;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int Poll([In, Out] Entry[] entries, nuint count, in Time timeout, nint signals);
}
