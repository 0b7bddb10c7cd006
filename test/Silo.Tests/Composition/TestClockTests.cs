using Commerce.ServiceDefaults;

namespace Commerce.Silo.Tests.Composition;

public sealed class TestClockTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("commerce-clock-");

    private string File => Path.Combine(_folder.FullName, TestClock.FileName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Every_clock_of_a_shop_moves_and_what_waits_comes_due()
    {
        TestClock.Advance(File, TimeSpan.Zero);
        using var one = new TestClock(File);
        using var other = new TestClock(File);
        var before = other.GetUtcNow();
        var waiting = Task.Delay(TimeSpan.FromMinutes(30), one, TestContext.Current.CancellationToken);

        TestClock.Advance(File, TimeSpan.FromMinutes(30)).ShouldBe(TimeSpan.FromMinutes(30));

        await waiting.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => other.GetUtcNow() - before >= TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(30)).ShouldBeTrue();
    }

    [Fact]
    public void A_shop_that_starts_again_is_as_far_ahead_as_it_was()
    {
        TestClock.Advance(File, TimeSpan.FromHours(1));
        using var clock = new TestClock(File);

        (clock.GetUtcNow() - TimeProvider.System.GetUtcNow()).TotalMinutes.ShouldBe(60, tolerance: 0.1);
        TestClock.Ahead(Path.Combine(_folder.FullName, "none")).ShouldBeNull();
    }
}
