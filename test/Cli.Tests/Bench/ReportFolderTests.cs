using Commerce.Cli.Bench;
using Commerce.Cli.Bench.Scenarios;
using Commerce.Cli.Bench.Sides;
using Commerce.Cli.Output;

namespace Commerce.Cli.Tests.Bench;

/// <summary>What <c>bench --report</c> leaves behind, drawn by the program that draws.</summary>
public sealed class ReportFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_report_has_a_row_and_a_picture_for_each_scenario_and_those_beside_it()
    {
        // Two rows of a scenario may have the same number of connections, as S6 has.
        Figure quick = new(2.5, 2.4, 2.6);
        ScenarioResult[] beside = [Measured("S2", 256, quick, met: true), Measured("S2", 64, quick, met: true)];
        var figures = new ScenarioResult("S7", "journal", 64, null, "≥ 5 ×", null, Audit: false, Figures: new Dictionary<string, object> { ["appends per second"] = 1234.5, ["note"] = "one by one" });

        await new ReportFolder(_folder).Write(
            "./commerce bench S2 S7", [Measured("S2", 64, new Figure(0.066, 0.05, 0.08), met: false) with { Beside = beside }, figures],
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), TestContext.Current.CancellationToken);

        var report = await File.ReadAllTextAsync(Path.Combine(_folder, "report.md"), TestContext.Current.CancellationToken);
        report.ShouldStartWith("# ./commerce bench S2 S7\n");
        report.ShouldContain("2026-01-02 03:04 UTC");
        report.ShouldContain("| S2 | 64 | 0.07 × (0.05 to 0.08) | ≥ 2 × | no | 450 | 4,500 | 10.0, 20.0 | 2,250 + 1,400 + 180 | 80 + 205 + 6 | clean |");
        report.ShouldContain("| S2 | 256 | 2.50 × (2.40 to 2.60) | ≥ 2 × | yes |");
        report.ShouldContain("| S7 | 64 |  | ≥ 5 × |  |  |  |  |  |  | NOT clean |");
        report.ShouldContain("| appends per second | 1234.5 |");
        report.ShouldContain("Errors: 3 × 503.");
        report.ShouldContain("![S2](S2-1.png)");
        report.ShouldNotContain("![S7]");
        Directory.GetFiles(_folder, "*.png").Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["S2-1.png", "S2-2.png", "S2-3.png"]);
        foreach (var picture in Directory.GetFiles(_folder, "*.png"))
        {
            var bytes = await File.ReadAllBytesAsync(picture, TestContext.Current.CancellationToken);
            bytes[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G']);
            // An empty one has some hundred bytes; one without words, on a machine without fonts, some thousands.
            bytes.Length.ShouldBeGreaterThan(2_000);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_told_before_anything_is_measured()
    {
        var file = Path.Combine(_folder, "taken");
        File.WriteAllText(file, "");
        Should.Throw<UsageException>(() => new ReportFolder(file)).Message.ShouldContain("name another folder");
    }

    private static ScenarioResult Measured(string id, int connections, Figure ratio, bool met) => new(
        id, "checkout only", connections, ratio, "≥ 2 ×", met, Audit: true,
        Side(450, new CpuPerOperation(2_250, 1_400, 180, 100), new Dictionary<int, long> { [503] = 3 }), Side(4_500, new CpuPerOperation(80, 205, 6, 100), new Dictionary<int, long>()));

    private static SideResult Side(double rate, CpuPerOperation cpu, Dictionary<int, long> errors) =>
        new("one process", new Figure(rate, rate * 0.9, rate * 1.1), new Figure(10, 9, 11), new Figure(20, 19, 21), cpu, errors, 0, [rate]);
}
