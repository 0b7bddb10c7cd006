using System.CommandLine;
using Commerce.Cli.Output;

namespace Commerce.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("chaos --plan --seed 4243652263", "Cannot parse argument '4243652263' for option '--seed' as a whole number of at most 2147483647.")]
    [InlineData("bench --connections many", "Cannot parse argument 'many' for option '--connections' as a whole number of at most 2147483647.")]
    [InlineData("chaos --rate fast", "Cannot parse argument 'fast' for option '--rate' as a number such as 0.5.")]
    public void What_is_no_number_is_told_what_would_be_one(string line, string told) =>
        CommandLine.Root().Parse(line).Errors.Select(error => CommandLine.Plainly(error.Message)).ShouldHaveSingleItem().ShouldBe(told);

    [Theory]
    [InlineData("bench --port 99999"), InlineData("bench --port 0"), InlineData("bench --port -1"), InlineData("bench broker --port 99999")]
    [InlineData("bench serve ours --port 70000"), InlineData("bench serve ours --warm-up 0")]
    [InlineData("chaos --plan --minutes NaN"), InlineData("chaos --plan --rate NaN"), InlineData("chaos --plan --faults ,")]
    [InlineData("chaos --plan --database-away -5"), InlineData("chaos --plan --broker-away -1"), InlineData("chaos --plan --provider-away -1"), InlineData("chaos --plan --old-build /nope")]
    public async Task What_makes_no_sense_is_refused_before_anything_starts(string line) => (await CommandLine.Run(line.Split(' '))).ShouldBe(ExitCode.WrongUsage);

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
