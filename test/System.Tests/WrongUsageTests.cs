using System.Text.Json;

namespace Commerce.System.Tests;

/// <summary>What a program is told that called a command wrongly.</summary>
public sealed class WrongUsageTests
{
    [Theory]
    [InlineData("status --json --what", "'--what'")]
    [InlineData("frobnicate --json", "'frobnicate'")]
    [InlineData("scale --json", "'scale'")]
    [InlineData("chaos --rate fast --minutes long --json", "such as 0.5. Cannot parse argument 'fast'")]
    [InlineData("status --json --url nowhere", "'nowhere' is not an address")]
    public async Task With_json_the_reason_is_one_document(string line, string reason)
    {
        var (exit, output, errors) = await Commerce.Run(line.Split(' '));

        exit.ShouldBe(2);
        errors.ShouldNotBeEmpty();
        var document = JsonSerializer.Deserialize<JsonElement>(output);
        document.GetProperty("ok").GetBoolean().ShouldBeFalse();
        document.GetProperty("error").GetString().ShouldNotBeNull().ShouldContain(reason);
    }

    [Fact]
    public async Task Without_it_nothing_is_on_stdout() => (await Commerce.Run("status", "--what")).ShouldSatisfyAllConditions(
        said => said.Exit.ShouldBe(2), said => said.Output.ShouldBeEmpty(), said => said.Errors.ShouldContain("'--what'"));
}
