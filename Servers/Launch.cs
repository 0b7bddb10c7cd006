using System.Diagnostics;

namespace Commerce.Servers;

/// <summary>How a server is called: program, arguments, environment and the folder it starts in.</summary>
public sealed record Launch(string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Variables, string Folder)
{
    /// <summary>What runs a program of .NET: the host this process runs on.</summary>
    public static string DotNet => Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";

    /// <summary>The same as somebody else, when we are root: <c>setpriv</c> becomes the program; <c>runuser</c> and <c>su</c> would stay in front of it.</summary>
    public Launch As(string user) => Environment.IsPrivilegedProcess
        ? this with { Program = "setpriv", Arguments = [$"--reuid={user}", $"--regid={user}", "--clear-groups", "--", Program, .. Arguments] }
        : this;

    /// <summary>Runs it to its end and gives its output; a failure carries that output.</summary>
    public async Task<string> RunToEnd(CancellationToken cancel = default)
    {
        var start = new ProcessStartInfo(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach (var (key, value) in Variables) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{Program} ended with {process.ExitCode}: {await output}{await error}");
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
