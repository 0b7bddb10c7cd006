using System.Diagnostics;
using Commerce.Servers;

namespace Commerce.Cli.Clusters;

/// <summary>
/// Starts children in this process' own group, each with its output in <c>logs/NAME.log</c> and its identity in <c>run/NAME.pid</c>. A shell does both
/// and then becomes the program: the child lives on should <c>up</c> be killed, and the next <c>up</c> knows it.
/// </summary>
internal sealed class ProcessLauncher(ClusterFolder folder) : ILauncher
{
    private const string Become = """
        echo "$$ $(cut -d' ' -f22 /proc/$$/stat 2>/dev/null) $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" >"$1"
        log=$2
        shift 2
        exec "$@" </dev/null >>"$log" 2>&1
        """;

    public IChildProcess Start(string name, Launch launch)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Become, name, folder.PidOf(name), folder.LogOf(name), launch.Program, .. launch.Arguments])
        {
            WorkingDirectory = launch.Folder, RedirectStandardInput = true,
        };
        // A child knows what it is told, not which shop the administrator's shell works with. A shop's settings (Commerce__Checkout__PayBy) are for the children.
        foreach (var inherited in start.Environment.Keys.Where(IsOurs).ToList()) start.Environment.Remove(inherited);
        foreach (var (key, value) in launch.Variables) start.Environment[key] = value;
        return new ChildProcess(Process.Start(start)!, folder.PidOf(name));
    }

    private static bool IsOurs(string variable) =>
        variable.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase)
        || (variable.StartsWith("COMMERCE_", StringComparison.OrdinalIgnoreCase) && !variable.StartsWith("COMMERCE__", StringComparison.OrdinalIgnoreCase))
        || variable.StartsWith("Payments__", StringComparison.OrdinalIgnoreCase);

    private sealed class ChildProcess : IChildProcess
    {
        private readonly Process _process;
        private readonly string _pidFile;

        public ChildProcess(Process process, string pidFile)
        {
            (_process, _pidFile) = (process, pidFile);
            Exited = WaitForExit();
        }

        public int Id => _process.Id;

        public Task<int> Exited { get; }

        public void Signal(int signal)
        {
            if (!Exited.IsCompleted) Signals.Send(Id, signal);
        }

        public void Kill()
        {
            if (Exited.IsCompleted) return;
            try
            {
                _process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It ended by itself at this moment, and has been let go of.
            }
        }

        public void Dispose() => _process.Dispose();

        private async Task<int> WaitForExit()
        {
            await _process.WaitForExitAsync();
            File.Delete(_pidFile);
            return _process.ExitCode;
        }
    }
}
