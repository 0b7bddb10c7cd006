using System.Diagnostics;
using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Shops;

/// <summary>The payment simulator as a program beside the shop.</summary>
internal static class SimulatorProgram
{
    public const string Name = "PspSimulator";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>How it is started for a shop that takes its messages at <paramref name="shop"/>.</summary>
    public static Launch Launch(string program, string dataDir, ShopProvider provider, string shop, string? clock = null) => new(
        Servers.Launch.DotNet, [program],
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Url"] = $"http://127.0.0.1:{provider.Url.Port}", ["Data"] = ShopProvider.DataOf(dataDir), ["SecretFile"] = provider.Values["SecretFile"],
            ["HookUrl"] = $"{shop}/v1/hooks/psp/{provider.Provider}", ["TestClock"] = clock ?? "", ["DOTNET_gcServer"] = "0", ["DOTNET_TieredPGO"] = "0",
        },
        Path.GetDirectoryName(program)!);

    public static async Task<bool> Answers(Uri url, CancellationToken cancel)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(url, "/healthz"), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <summary>It as the child of a shop in one process: it ends with the shop, however that ends.</summary>
internal sealed class SimulatorProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60), EndsWithin = TimeSpan.FromSeconds(6), Look = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;

    private SimulatorProcess(Process process) => _process = process;

    public static async Task<SimulatorProcess> Start(string program, string dataDir, ShopProvider provider, string shop, string? clock, CancellationToken cancel)
    {
        var launch = SimulatorProgram.Launch(program, dataDir, provider, shop, clock);
        var start = new ProcessStartInfo(launch.Program, [.. launch.Arguments, "--EndWithInput=true"]) { WorkingDirectory = launch.Folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in launch.Variables) start.Environment[name] = value;
        var simulator = new SimulatorProcess(Process.Start(start)!);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(ReadyWithin);
            while (!await SimulatorProgram.Answers(provider.Url, patience.Token))
            {
                if (simulator._process.HasExited) throw new MissingException($"The payment simulator ended with exit code {simulator._process.ExitCode}; it says why above.");
                await Task.Delay(Look, patience.Token);
            }

            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(EndsWithin);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
