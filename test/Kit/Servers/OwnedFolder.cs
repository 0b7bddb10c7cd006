using System.Diagnostics;

namespace Commerce.Kit.Servers;

/// <summary>
/// A temporary folder with a keeper: a shell that waits on a pipe from this process. When the pipe closes — we disposed, crashed or were
/// killed — it kills every process whose pid lies in a <c>*.pid</c> file of the folder, and removes the folder.
/// </summary>
public sealed class OwnedFolder : IAsyncDisposable
{
    private readonly Process _keeper;

    /// <param name="name">First part of the folder's name.</param>
    /// <param name="companion">A foreground program the keeper runs beside the server and ends with it; empty for none.</param>
    /// <param name="environment">Environment of the companion.</param>
    public OwnedFolder(string name, string companion = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        Path = Directory.CreateTempSubdirectory($"{name}-").FullName;
        // A server that gives up root must be able to reach its own folder inside.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
        var run = companion.Length == 0 ? "" : $"{companion} >/dev/null 2>&1 & echo $! > \"$1/companion.pid\"; ";
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, WorkingDirectory = "/" };
        start.ArgumentList.Add("-c");
        // Signals of a terminal reach the whole group; the keeper must outlive them to clean up.
        start.ArgumentList.Add($"trap '' INT TERM HUP; {run}read _; for p in \"$1\"/*.pid; do [ -f \"$p\" ] && kill -9 \"$(head -n 1 \"$p\")\" 2>/dev/null; done; " +
                               "for i in 1 2 3 4 5; do rm -rf \"$1\" 2>/dev/null && break; sleep 0.2; done; exit 0");
        start.ArgumentList.Add("keeper");
        start.ArgumentList.Add(Path);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
            start.Environment[key] = value;
        _keeper = Process.Start(start)!;
    }

    public string Path { get; }

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void RememberPid(string name, int pid) => File.WriteAllText(Sub($"{name}.pid"), $"{pid}\n");

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }
}
