using System.Globalization;
using System.Runtime.InteropServices;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Bench;

/// <summary>
/// Where <c>bench --report DIR</c> puts what was measured: <c>bench.json</c>, <c>report.md</c> and a picture per scenario. A program of its own draws (<c>test/BenchReport</c>):
/// what it needs for that is larger than the shop, and nobody else needs it.
/// </summary>
internal sealed class ReportFolder
{
    private readonly string _path;

    /// <summary>Makes the folder, before hours of measuring have been spent for nothing.</summary>
    /// <exception cref="UsageException">It cannot be written to.</exception>
    public ReportFolder(string path)
    {
        _path = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(_path);
            File.WriteAllText(Json, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--report: {_path} cannot be written to ({e.Message}); name another folder.");
        }
    }

    private string Json => Path.Combine(_path, "bench.json");

    /// <summary>Writes all of it.</summary>
    /// <param name="command">How it was asked for.</param>
    /// <param name="results">What was measured.</param>
    /// <param name="at">When.</param>
    /// <param name="cancel">Stops drawing.</param>
    public async Task Write(string command, IReadOnlyList<ScenarioResult> results, DateTimeOffset at, CancellationToken cancel)
    {
        await File.WriteAllTextAsync(Json, Answer.Json(new { command, machine = Machine, at, scenarios = results }), cancel);
        await new Launch(Launch.DotNet, [Programs.Find("BenchReport"), _path], new Dictionary<string, string>(), "/").RunToEnd(cancel);
        Progress.Say($"The report is {Path.Combine(_path, "report.md")}.");
    }

    private static string Machine => string.Create(CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} processors, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
}
