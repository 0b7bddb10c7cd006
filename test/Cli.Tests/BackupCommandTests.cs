using Commerce.Cli.Output;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Tests.Verify;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Cli.Tests;

public sealed class BackupCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    private string Journal => Path.Combine(_folder, "journal.db");

    private string Target => Path.Combine(_folder, "backup");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_clusters_folder_is_told_how_its_databases_are_copied()
    {
        File.WriteAllText(Path.Combine(_folder, "connections.json"), "{}");

        (await CommandLine.Run(["backup", Target, "--data", _folder])).ShouldBe(ExitCode.Missing);

        Should.Throw<DataFolderException>(() => DataFolderBackup.Backup(_folder, Target)).Message.ShouldContain("docs/operations.md");
    }

    [Fact]
    public async Task A_journal_that_is_damaged_where_nobody_has_read_it_is_no_backup()
    {
        using (var journal = SqliteJournal.Open(Journal, TimeProvider.System, NullLogger<SqliteJournal>.Instance))
        {
            var counted = Enumerable.Range(1, 400).Select(i => new NewEvent(Guid.CreateVersion7(), "stock.adjusted.v1", EventTypes.Write(new StockAdjusted(i, new string('x', 200)))));
            await journal.Append(new Append(new StreamName("inventory", "stock/t1/TEA"), Guid.Empty, 0, [.. counted], CommandKey.None, Story.Now, Story.Now, null, new Envelope("system", null, null)));
        }

        (await CommandLine.Run(["backup", Target, "--data", _folder])).ShouldBe(ExitCode.Ok);
        Directory.GetFiles(Target).Select(Path.GetFileName).ShouldBe(["journal.db"]);
        using (var bytes = File.OpenWrite(Journal))
        {
            bytes.Position = bytes.Length / 2;
            bytes.Write(Enumerable.Repeat((byte)'x', 16_384).ToArray());
        }

        (await CommandLine.Run(["backup", $"{Target}-2", "--data", _folder])).ShouldBe(ExitCode.Missing);

        File.Exists(Path.Combine($"{Target}-2", "journal.db")).ShouldBeFalse("it would be a whole backup");
    }
}
