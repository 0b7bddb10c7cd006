using System.Runtime.InteropServices;

namespace Commerce.Cli.Clusters;

/// <summary>Signals to other processes; the framework knows only the last one.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2, Terminate = 15, Continue = 18, Stop = 19;

    public static void Send(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
