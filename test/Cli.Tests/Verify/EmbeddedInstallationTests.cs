using Commerce.Analytics.Store;
using Commerce.Cli.Output;

namespace Commerce.Cli.Tests.Verify;

public sealed class EmbeddedInstallationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("commerce-verify-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Projections_that_are_damaged_are_a_sentence_and_no_fault_of_the_program()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "journal.db"), "");
        File.WriteAllText(Path.Combine(_folder.FullName, AnalyticsStore.FileName), new string('x', 8_192));

        (await CommandLine.Run(["verify", "--data", _folder.FullName])).ShouldBe(ExitCode.Missing);
    }
}
