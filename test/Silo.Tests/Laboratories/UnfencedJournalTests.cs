using Commerce.Kernel;
using Commerce.Kit.Journal;
using Commerce.Silo.Laboratories;
using Commerce.Silo.Tests.Journal;

namespace Commerce.Silo.Tests.Laboratories;

/// <summary>The broken variant breaks what it is meant to break, and nothing else.</summary>
public sealed class UnfencedJournalTests
{
    private static readonly StreamName Stream = new("inventory", "stock/t1/TEA@main");

    [Fact]
    public async Task What_lost_a_race_is_appended_all_the_same()
    {
        var (fenced, first, second, broken) = (new MemoryJournal(), new Script(Stream), new Script(Stream), new List<StreamName>());
        var unfenced = new UnfencedJournal(fenced, broken.Add);
        await unfenced.Append(first.Append());
        (await fenced.Append(second.Peek())).ShouldBe(AppendOutcome.Conflict);
        broken.ShouldBeEmpty();

        (await unfenced.Append(second.Peek())).ShouldBe(AppendOutcome.Committed);
        (await fenced.ReadStream(Stream, 0, 10)).Count.ShouldBe(2);
        broken.ShouldBe([Stream]);
    }
}
