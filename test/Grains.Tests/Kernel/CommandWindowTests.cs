using Commerce.Kernel;

namespace Commerce.Grains.Tests.Kernel;

public sealed class CommandWindowTests
{
    private readonly CommandWindow _window = new();

    [Fact]
    public void It_finds_what_was_added_and_nothing_else()
    {
        _window.Find("a").ShouldBeNull();
        _window.Add(new CommandKey("a", "1"));
        _window.Add(new CommandKey("b", "2"));
        _window.Add(CommandKey.None);

        (_window.Find("a"), _window.Find("b"), _window.Find("c"), _window.Complete).ShouldBe(("1", "2", null, true));
    }

    [Fact]
    public void The_first_content_of_a_command_stays()
    {
        _window.Add(new CommandKey("a", "1"));
        _window.Add(new CommandKey("a", "2"));

        _window.Find("a").ShouldBe("1");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(50)]
    public void Only_the_oldest_are_forgotten_and_it_says_that_it_has(int tooMany)
    {
        var all = Enumerable.Range(0, CommandWindow.Capacity + tooMany).Select(n => new CommandKey($"c{n}", $"{n}")).ToArray();
        foreach (var command in all) _window.Add(command);

        all.Where(command => _window.Find(command.Id) == command.Digest).ShouldBe(all[tooMany..]);
        _window.Complete.ShouldBe(tooMany == 0);
    }
}
