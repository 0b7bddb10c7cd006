using Commerce.Silo.Journal.Bench;

namespace Commerce.Silo.Tests.Journal;

public sealed class JournalBenchTests
{
    [Fact]
    public async Task The_bench_measures_and_says_so_in_two_lines()
    {
        using var folder = new TemporaryFolder();
        var result = await new JournalBench(folder.Path, TimeProvider.System).Run(appendsPerStream: 4, longStreamEvents: 20);
        result.Appends.ShouldBe(4 * JournalBench.Streams);
        result.Lines.Count().ShouldBe(2);
        result.AppendsPerSecond.ShouldBeGreaterThan(0);
    }
}
