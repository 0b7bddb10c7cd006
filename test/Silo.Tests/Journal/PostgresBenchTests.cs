using Commerce.Silo.Journal.Bench;

namespace Commerce.Silo.Tests.Journal;

public sealed class PostgresBenchTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_bench_measures_appends_together_and_alone()
    {
        // BENCH_APPENDS=400 and BENCH_LONG=10000 make it a measurement; by itself it only shows that it runs.
        var (appends, length) = (From("BENCH_APPENDS", 2), From("BENCH_LONG", 5));
        var result = await new PostgresBench(await postgres.Empty(), TimeProvider.System).Run(appends, length);
        foreach (var line in result.Lines) TestContext.Current.TestOutputHelper!.WriteLine(line);
        result.Together.Appends.ShouldBe(appends * JournalBench.Streams);
        result.Lines.Count().ShouldBe(4);
    }

    private static int From(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : otherwise;
}
