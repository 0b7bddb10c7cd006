using System.Diagnostics;

namespace Commerce.System.Tests;

/// <summary>The program itself as a child of the test: what it prints, how it ends, and how it is killed.</summary>
public sealed class Commerce : IDisposable
{
    /// <summary>A cluster is down 30 s after it was told to stop.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(35);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private Commerce(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    public static Commerce Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    private static Commerce Start(IReadOnlyDictionary<string, string> variables, string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int Exit, string Output, string Errors)> Run(params string[] arguments)
    {
        using var command = Start(arguments);
        var output = await command._process.StandardOutput.ReadToEndAsync();
        await command._process.WaitForExitAsync();
        return (command._process.ExitCode, output, await command._errors);
    }

    /// <summary>A shop that accepts orders.</summary>
    public static Task<Commerce> Up(string folder, int port, params string[] how) => Up(folder, port, new Dictionary<string, string>(), how);

    /// <summary>The same, told more by its environment.</summary>
    public static async Task<Commerce> Up(string folder, int port, IReadOnlyDictionary<string, string> variables, params string[] how)
    {
        var shop = Start(variables, ["up", "--data", folder, "--port", $"{port}", "--no-seed", .. how]);
        var ready = await shop._process.StandardOutput.ReadLineAsync();
        ready.ShouldBe($"ready http://127.0.0.1:{port}", ready is null ? await shop._errors : "");
        return shop;
    }

    /// <summary>SIGKILL, and its end.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and its end: the exit code.</summary>
    public Task<int> Terminate()
    {
        AskToStop();
        return Ended();
    }

    /// <summary>Its end, and the exit code.</summary>
    public async Task<int> Ended()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>A cluster killed at once would leave its children behind: one that still runs because its test failed is asked to stop first.</summary>
    public void Dispose()
    {
        if (!_process.HasExited) AskToStop();
        if (!_process.WaitForExit(StopsWithin)) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void AskToStop()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }
}
