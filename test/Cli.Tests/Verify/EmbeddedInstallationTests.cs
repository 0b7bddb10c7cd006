using Commerce.Analytics.Store;
using Commerce.Cli.Output;
using Commerce.Cli.Verify;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Tests.Verify;
using Microsoft.Extensions.Logging.Abstractions;

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

    [Fact]
    public async Task A_journal_that_is_damaged_in_its_middle_is_a_sentence_and_no_fault_of_the_program()
    {
        var file = Path.Combine(_folder.FullName, "journal.db");
        using (var journal = SqliteJournal.Open(file, TimeProvider.System, NullLogger<SqliteJournal>.Instance))
        {
            var counted = Enumerable.Range(1, 400).Select(i => new NewEvent(Guid.CreateVersion7(), "stock.adjusted.v1", EventTypes.Write(new StockAdjusted(i, new string('x', 200)))));
            await journal.Append(new Append(new StreamName("inventory", "stock/t1/TEA"), Guid.Empty, 0, [.. counted], CommandKey.None, Story.Now, Story.Now, null, new Envelope("system", null, null)));
        }

        // Its first pages are whole: it can be opened.
        using (var bytes = File.OpenWrite(file))
        {
            bytes.Position = bytes.Length / 2;
            bytes.Write(Enumerable.Repeat((byte)'x', 16_384).ToArray());
        }

        (await Should.ThrowAsync<DataFolderException>(() => Audit.Run(new EmbeddedInstallation(_folder.FullName), Story.Now))).Message.ShouldBe($"{file} is damaged; restore the data folder from a backup.");
        (await CommandLine.Run(["verify", "--data", _folder.FullName])).ShouldBe(ExitCode.Missing);
    }
}
