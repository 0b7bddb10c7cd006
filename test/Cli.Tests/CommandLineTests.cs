using System.CommandLine;

namespace Commerce.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("chaos --plan --seed 4243652263", "Cannot parse argument '4243652263' for option '--seed' as a whole number of at most 2147483647.")]
    [InlineData("bench --connections many", "Cannot parse argument 'many' for option '--connections' as a whole number of at most 2147483647.")]
    [InlineData("chaos --rate fast", "Cannot parse argument 'fast' for option '--rate' as a number such as 0.5.")]
    public void What_is_no_number_is_told_what_would_be_one(string line, string told) =>
        CommandLine.Root().Parse(line).Errors.Select(error => CommandLine.Plainly(error.Message)).ShouldHaveSingleItem().ShouldBe(told);
}
