using Commerce.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Silo.Tests.Composition;

public sealed class ClockWatchTests
{
    [Fact]
    public void A_step_back_is_told_once_and_by_how_much()
    {
        var wall = new Wall();
        var clock = new ClockWatch.Steps(wall);
        wall.Passed += TimeSpan.FromSeconds(1);
        clock.Back().ShouldBeNull();

        wall.Step = TimeSpan.FromSeconds(-90);
        wall.Passed += TimeSpan.FromSeconds(1);

        clock.Back().ShouldBe(TimeSpan.FromSeconds(90));
        clock.Back().ShouldBeNull();
    }

    [Theory, InlineData(90), InlineData(-4.9)]
    public void A_step_forward_or_a_small_one_is_none(double seconds)
    {
        var wall = new Wall();
        var clock = new ClockWatch.Steps(wall);

        wall.Step = TimeSpan.FromSeconds(seconds);

        clock.Back().ShouldBeNull();
    }

    [Fact]
    public async Task A_process_whose_clock_was_set_back_ends_so_that_it_is_started_again()
    {
        var wall = new Wall { Step = TimeSpan.FromSeconds(90) };
        var running = new TaskCompletionSource();

        var process = ServiceProcess.Run(
            "silo", ["--Name=silo-1", "--Http=http://127.0.0.1:0"], (builder, _) => builder.Services.AddSingleton<TimeProvider>(wall),
            (app, _) => app.Lifetime.ApplicationStarted.Register(running.SetResult), TestContext.Current.CancellationToken);
        await running.Task;
        wall.Step = TimeSpan.Zero;

        (await process).ShouldBe(1);
    }

    private sealed class Wall : TimeProvider
    {
        private readonly DateTimeOffset _began = System.GetUtcNow();

        public TimeSpan Passed { get; set; }

        public TimeSpan Step { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _began + Passed + Step;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
