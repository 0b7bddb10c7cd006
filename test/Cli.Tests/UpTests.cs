using Commerce.Cli.Output;
using Commerce.Feeds;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Servers;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Silo.Secrets;
using Commerce.Tests.Verify;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Cli.Tests;

/// <summary>Of what a shop is not started; that one starts is in System.Tests.</summary>
public sealed class UpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("keys.db"), InlineData("psp.db"), InlineData("analytics.db")]
    public async Task No_new_history_is_begun_beside_what_an_older_one_left(string left)
    {
        File.WriteAllText(In(left), "");
        Refused().ShouldBeNull("a file that was only just made");
        File.WriteAllText(In(left), "what it left");

        Refused().ShouldNotBeNull().ShouldSatisfyAllConditions(said => said.ShouldContain(In(left)), said => said.ShouldContain("restore"));
        File.WriteAllText(In("journal.db"), "");
        Refused().ShouldNotBeNull("an empty one is as good as none");

        (await Up()).ShouldBe(ExitCode.Missing);
    }

    [Fact]
    public async Task No_new_keys_are_made_for_what_was_sealed_with_others()
    {
        using (var journal = SqliteJournal.Open(In("journal.db"), TimeProvider.System, NullLogger<SqliteJournal>.Instance))
        {
            Refused().ShouldBeNull("nothing has happened yet");
            NewEvent counted = new(Guid.CreateVersion7(), "stock.adjusted.v1", EventTypes.Write(new StockAdjusted(1, "count")));
            await journal.Append(new Append(new StreamName("inventory", "stock/t1/TEA"), Guid.Empty, 0, [counted], CommandKey.None, Story.Now, Story.Now, null, new Envelope("system", null, null)));
        }

        Refused().ShouldNotBeNull().ShouldContain(In("keys.db"));
        (await Up()).ShouldBe(ExitCode.Missing);

        using (KeyRing.Open(In("keys.db"), In("secrets"), NullLogger<KeyRing>.Instance)) { }
        Refused().ShouldBeNull();
    }

    private string In(string file) => Path.Combine(_folder, file);

    private string? Refused()
    {
        using var held = DataFolder.Open(_folder);
        try
        {
            held.RefuseHalf();
            return null;
        }
        catch (DataFolderException refused)
        {
            return refused.Message;
        }
    }

    private Task<int> Up() => CommandLine.Run(["up", "--data", _folder, "--port", $"{FreePorts.Take(1)[0]}"]);
}
