using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Commerce.Silo.Tests.Journal;

/// <summary>What a person is told when the data folder cannot be used, and how a host opens and closes it.</summary>
public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_process_holds_a_folder_until_it_lets_go()
    {
        using (DataFolder.Open(_folder.Path))
        {
            DataFolder.IsInUse(_folder.Path).ShouldBeTrue();
            Should.Throw<DataFolderException>(() => DataFolder.Open(_folder.Path)).Message.ShouldContain("in use by another process");
        }

        DataFolder.IsInUse(_folder.Path).ShouldBeFalse();
        DataFolder.Open(_folder.Path).Dispose();
    }

    [Fact]
    public void A_folder_that_cannot_be_asked_whether_it_is_in_use_is_not_taken_for_one_that_is()
    {
        var tooLong = _folder[new string('x', 300)];
        Should.Throw<DataFolderException>(() => DataFolder.IsInUse(tooLong)).Message.ShouldContain("--data");
        Should.Throw<DataFolderException>(() => DataFolder.Open(tooLong)).Message.ShouldContain("--data");
    }

    [Fact]
    public void A_folder_that_cannot_be_made_says_the_cure()
    {
        File.WriteAllText(_folder["file"], "");
        Should.Throw<DataFolderException>(() => DataFolder.Open(_folder["file/shop"])).Message.ShouldContain("--data");
    }

    [Theory]
    [InlineData(SQLitePCL.raw.SQLITE_FULL, "free some space")]
    [InlineData(SQLitePCL.raw.SQLITE_READONLY, "give this user the right to write")]
    [InlineData(SQLitePCL.raw.SQLITE_CANTOPEN, "give this user the right to write")]
    [InlineData(SQLitePCL.raw.SQLITE_BUSY, "close that program")]
    [InlineData(SQLitePCL.raw.SQLITE_CORRUPT, "restore the data folder from a backup")]
    [InlineData(SQLitePCL.raw.SQLITE_IOERR, "check the disk")]
    public void Every_fault_of_opening_a_file_names_its_cure(int code, string cure) =>
        Should.Throw<DataFolderException>(() => DataFolder.Opening<int>("journal.db", () => throw new SqliteException("told to", code)))
            .Message.ShouldSatisfyAllConditions(message => message.ShouldContain(cure), message => message.ShouldContain("journal.db"));

    [Fact]
    public void A_full_disk_and_missing_rights_name_their_cure_for_other_files_too()
    {
        Should.Throw<DataFolderException>(() => DataFolder.Opening<int>("master.key", () => throw new IOException("full", 28))).Message.ShouldContain("free some space");
        Should.Throw<DataFolderException>(() => DataFolder.Opening<int>("master.key", () => throw new UnauthorizedAccessException())).Message.ShouldContain("the right to write");
    }

    [Fact]
    public async Task A_host_opens_its_storage_at_start_and_lets_go_of_it_at_its_end()
    {
        using (var host = Host())
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            foreach (var file in new[] { "journal.db", "keys.db", "psp.db", "secrets/master.key" }) File.Exists(_folder[file]).ShouldBeTrue(file);
            host.Services.GetRequiredService<IJournal>().ShouldNotBeNull();
            host.Services.GetRequiredService<ISealer>().ShouldNotBeNull();
            host.Services.GetRequiredService<IPaymentProvider>().ShouldNotBeNull();

            using var second = Host();
            await Should.ThrowAsync<DataFolderException>(() => second.StartAsync(TestContext.Current.CancellationToken));
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        DataFolder.Open(_folder.Path).Dispose();
    }

    private IHost Host()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSqliteJournal(_folder.Path).AddKeyRing(_folder.Path).AddSandboxProvider(_folder.Path);
        return builder.Build();
    }
}
