using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Silo.Journal.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help", "commerce [command]"), InlineData("up --help", "commerce up [options]"), InlineData("journal show --help", "commerce journal show <STREAM>")]
    public void Help_calls_the_program_what_it_is_called(string line, string usage)
    {
        using var said = new StringWriter();
        CommandLine.Root().Parse(line).Invoke(new() { Output = said }).ShouldBe(ExitCode.Ok);

        said.ToString().ShouldContain(usage);
    }

    [Theory]
    [InlineData("chaos --plan --seed 4243652263", "Cannot parse argument '4243652263' for option '--seed' as a whole number of at most 2147483647.")]
    [InlineData("bench --connections many", "Cannot parse argument 'many' for option '--connections' as a whole number of at most 2147483647.")]
    [InlineData("chaos --rate fast", "Cannot parse argument 'fast' for option '--rate' as a number such as 0.5.")]
    public void What_is_no_number_is_told_what_would_be_one(string line, string told) =>
        CommandLine.Root().Parse(line).Errors.Select(error => CommandLine.Plainly(error.Message)).ShouldHaveSingleItem().ShouldBe(told);

    [Theory]
    [InlineData("bench --port 99999"), InlineData("bench --port 0"), InlineData("bench --port -1"), InlineData("bench broker --port 99999")]
    [InlineData("bench serve ours --port 70000"), InlineData("bench serve ours --warm-up 0"), InlineData("bench S5 --side skeleton"), InlineData("bench --side skeleton-least")]
    [InlineData("chaos --plan --minutes NaN"), InlineData("chaos --plan --rate NaN"), InlineData("chaos --plan --faults ,")]
    [InlineData("chaos --plan --database-away -5"), InlineData("chaos --plan --broker-away -1"), InlineData("chaos --plan --provider-away -1"), InlineData("chaos --plan --old-build /nope")]
    public async Task What_makes_no_sense_is_refused_before_anything_starts(string line) => (await CommandLine.Run(line.Split(' '))).ShouldBe(ExitCode.WrongUsage);

    [Theory]
    [InlineData("backup FILE/below --json --data SHOP"), InlineData("restore BACKUP --json --data FILE/below")]
    [InlineData("bench journal --json --folder /proc/x"), InlineData("up --test-clock --data /proc/x"), InlineData("clock advance 00:01:00 --json --data LONG")]
    public async Task A_file_that_cannot_be_used_is_a_sentence_and_no_fault_of_the_program(string line)
    {
        var folder = Directory.CreateTempSubdirectory("commerce-test-");
        try
        {
            string In(string name) => Path.Combine(folder.FullName, name);
            Directory.CreateDirectory(In("shop"));
            using (SqliteJournal.Open(In("shop/journal.db"), TimeProvider.System, NullLogger<SqliteJournal>.Instance)) { }
            (await CommandLine.Run(["backup", In("backup"), "--data", In("shop")])).ShouldBe(ExitCode.Ok);
            File.WriteAllText(In("file"), "in the way");

            var args = line.Replace("FILE", In("file"), StringComparison.Ordinal).Replace("SHOP", In("shop"), StringComparison.Ordinal).Replace("BACKUP", In("backup"), StringComparison.Ordinal).Replace("LONG", In(new string('x', 300)), StringComparison.Ordinal);
            (await CommandLine.Run(args.Split(' '))).ShouldBe(ExitCode.Missing);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_the_disk_refuses_ends_every_command_alike()
    {
        foreach (var refusal in (Exception[])[new UnauthorizedAccessException("denied"), new IOException("gone"), new SqliteException("read-only", 8)])
        {
            var command = new Command("test") { CommandLine.Json };
            command.SetCommand((_, _) => throw refusal);
            (await command.Parse("--json").InvokeAsync(new() { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken)).ShouldBe(ExitCode.Missing);
        }
    }

    [Theory]
    [InlineData("verify --data", "--data is empty; give it a value, or leave it out.")]
    [InlineData("verify --acks", "--acks is empty; give it a value, or leave it out.")]
    [InlineData("status --url", "--url is empty; give it a value, or leave it out.")]
    [InlineData("analytics rebuild --token-file", "--token-file is empty; give it a value, or leave it out.")]
    [InlineData("bench --report", "--report is empty; give it a value, or leave it out.")]
    [InlineData("bench journal --folder", "--folder is empty; give it a value, or leave it out.")]
    [InlineData("chaos --old-build", "--old-build is empty; give it a value, or leave it out.")]
    [InlineData("replay month.csv --acks", "--acks is empty; give it a value, or leave it out.")]
    [InlineData("replay", "FILE is empty; give it a value.")]
    [InlineData("backup", "TARGET is empty; give it a value.")]
    [InlineData("restore", "SOURCE is empty; give it a value.")]
    public async Task An_empty_value_is_told_with_its_cure(string line, string told)
    {
        string[] args = [.. line.Split(' '), ""];

        Should.Throw<UsageException>(() => CommandLine.RefuseEmpty(CommandLine.Root().Parse(args))).Message.ShouldBe(told);
        (await CommandLine.Run(args)).ShouldBe(ExitCode.WrongUsage);
    }
}
