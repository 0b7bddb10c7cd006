using System.Runtime.InteropServices;

namespace Commerce.Cli.Clusters;

/// <summary>Signals to other processes; the framework knows only the last one.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2, Terminate = 15, Continue = 18, Stop = 19;

    /// <summary>False where there is no such process, or it belongs to another user.</summary>
    public static bool Send(int process, int signal) => Kill(process, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
