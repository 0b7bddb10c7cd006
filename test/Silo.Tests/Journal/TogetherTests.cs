using Commerce.Silo.Journal.Postgres;

namespace Commerce.Silo.Tests.Journal;

/// <summary>What many callers want of a database, carried out together.</summary>
public sealed class TogetherTests
{
    private readonly List<IReadOnlyList<int>> _statements = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<IReadOnlyList<string>> Execute(IReadOnlyList<int> items)
    {
        bool first;
        lock (_statements)
        {
            first = _statements.Count == 0;
            _statements.Add(items);
        }

        if (first) await _first.Task;
        return items.Contains(13) && items.Count > 1 ? throw new ArgumentException("13") : [.. items.Select(item => item == 13 ? throw new ArgumentException("13") : $"{item}")];
    }

    [Fact]
    public async Task What_comes_while_a_statement_runs_goes_with_the_next()
    {
        var together = new Together<int, string>(most: 3, atOnce: 1, Execute);
        var answers = new List<Task<string>> { together.Do(0) };
        await Begun(1);
        answers.AddRange(Enumerable.Range(1, 4).Select(together.Do));

        _first.SetResult();

        (await Task.WhenAll(answers)).ShouldBe(["0", "1", "2", "3", "4"]);
        _statements.Select(items => string.Join(' ', items)).ShouldBe(["0", "1 2 3", "4"]);
    }

    [Fact]
    public async Task A_long_statement_holds_up_no_others_where_several_may_run()
    {
        var together = new Together<int, string>(most: 3, atOnce: 2, Execute);
        var slow = together.Do(0);
        await Begun(1);

        (await together.Do(1)).ShouldBe("1");
        (await together.Do(2)).ShouldBe("2");

        slow.IsCompleted.ShouldBeFalse();
        _first.SetResult();
        (await slow).ShouldBe("0");
    }

    [Fact]
    public async Task What_one_of_them_holds_does_not_take_the_others_with_it()
    {
        var together = new Together<int, string>(most: 3, atOnce: 1, Execute);
        var first = together.Do(0);
        await Begun(1);
        var (good, bad, other) = (together.Do(1), together.Do(13), together.Do(2));

        _first.SetResult();

        (await first, await good, await other).ShouldBe(("0", "1", "2"));
        await Should.ThrowAsync<ArgumentException>(bad);
    }

    private async Task Begun(int statements)
    {
        for (var i = 0; i < 1_000; i++)
        {
            lock (_statements)
            {
                if (_statements.Count >= statements) return;
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
