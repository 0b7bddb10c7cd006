using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Cli.Tests.Clusters;

public sealed class SupervisorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly StubLauncher _launcher = new();
    private readonly List<string> _said = [];
    private readonly Supervisor _supervisor;

    public SupervisorTests() => _supervisor = new Supervisor(_launcher, _time, line => { lock (_said) _said.Add(line); });

    [Fact]
    public async Task A_child_that_died_is_started_again_after_5_seconds()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        _launcher.Last("silo-1").Die(137);
        await Reaches(silo, ChildState.Restarting);
        _said.ShouldBe(["silo-1 ended with exit code 137; starting it again in 5 s."]);

        _time.Advance(Child.RestartAfter - TimeSpan.FromMilliseconds(1));
        silo.State.ShouldBe(ChildState.Restarting);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Reaches(silo, ChildState.Running);
        silo.Pid.ShouldBe(2);
    }

    [Fact]
    public async Task A_name_is_one_child_s()
    {
        var silo = await Running("silo-1", ChildKind.Silo);

        Should.Throw<UsageException>(() => _supervisor.Add(StubLauncher.Spec("silo-1", ChildKind.Silo))).Message.ShouldContain("silo-1");

        _supervisor.Children.ShouldHaveSingleItem().ShouldBe(silo);
        _launcher.Events.ShouldBe(["silo-1 starts"]);
    }

    [Fact]
    public async Task A_killed_child_comes_back()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        (await silo.Kill(Cancel)).ShouldBeTrue();
        await Reaches(silo, ChildState.Restarting);
        (await silo.Kill(Cancel)).ShouldBeFalse();
        _time.Advance(Child.RestartAfter);
        await Reaches(silo, ChildState.Running);
    }

    [Fact]
    public async Task A_drained_child_stays_away_until_it_is_started()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        await Supervisor.Drain(silo);
        silo.State.ShouldBe(ChildState.Drained);
        _time.Advance(TimeSpan.FromHours(1));
        silo.State.ShouldBe(ChildState.Drained);

        silo.Resume();
        await Reaches(silo, ChildState.Running);
        _launcher.Events.ShouldBe(["silo-1 starts", "silo-1 is told to end", "silo-1 starts"]);
    }

    [Fact]
    public async Task A_drain_that_takes_too_long_does_not_kill_what_was_started_after_it()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        _launcher.Obeys = _ => false;
        var drained = Supervisor.Drain(silo);
        silo.Resume();
        _launcher.Last("silo-1").Die(0);
        await Reaches(silo, ChildState.Restarting);
        _time.Advance(Child.RestartAfter);
        await Reaches(silo, ChildState.Running);

        _time.Advance(TimeSpan.FromSeconds(27));
        while (!drained.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        _launcher.Events.ShouldNotContain("silo-1 is killed");
        silo.State.ShouldBe(ChildState.Running);
    }

    [Fact]
    public async Task Whoever_starts_a_child_again_can_wait_until_its_drain_is_over()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        _launcher.Obeys = _ => false;
        var drained = Supervisor.Drain(silo);
        var gone = silo.Drained(Cancel);
        gone.IsCompleted.ShouldBeFalse();

        _launcher.Last("silo-1").Die(0);
        await Task.WhenAll(drained, gone).WaitAsync(Patience, Cancel);

        silo.State.ShouldBe(ChildState.Drained);
    }

    [Fact]
    public async Task A_child_that_waits_for_its_restart_can_be_drained()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        _launcher.Last("silo-1").Die(1);
        await Reaches(silo, ChildState.Restarting);
        await Supervisor.Drain(silo);
        _launcher.Events.ShouldBe(["silo-1 starts"]);
    }

    [Fact]
    public async Task A_child_that_does_not_drain_in_time_is_killed()
    {
        var silo = await Running("silo-1", ChildKind.Silo);
        _launcher.Obeys = _ => false;
        var drained = Supervisor.Drain(silo);
        _time.Advance(TimeSpan.FromSeconds(27));
        await drained.WaitAsync(Patience, Cancel);
        silo.State.ShouldBe(ChildState.Drained);
        _launcher.Events.ShouldBe(["silo-1 starts", "silo-1 is told to end", "silo-1 is killed"]);
    }

    [Fact]
    public async Task Program_that_cannot_be_started_is_tried_again()
    {
        var tries = 0;
        var spec = StubLauncher.Spec("silo-1", ChildKind.Silo);
        var silo = _supervisor.Add(spec with { Prepare = cancel => ++tries == 1 ? throw new IOException("no such file") : spec.Prepare(cancel) });
        await Reaches(silo, ChildState.Restarting);
        _said.ShouldHaveSingleItem().ShouldContain("no such file");
        _time.Advance(Child.RestartAfter);
        await Reaches(silo, ChildState.Running);
    }

    [Fact]
    public async Task The_door_is_closed_first_and_the_storage_last()
    {
        (string Name, ChildKind Kind)[] all =
            [("postgres", ChildKind.Postgres), ("epmd", ChildKind.Epmd), ("rabbitmq", ChildKind.RabbitMq), ("silo-1", ChildKind.Silo), ("analytics-1", ChildKind.Analytics), ("gateway-1", ChildKind.Gateway)];
        foreach (var (name, kind) in all) await Running(name, kind);
        await _supervisor.StopAll().WaitAsync(Patience, Cancel);
        _launcher.Events.Where(happened => happened.EndsWith("told to end", StringComparison.Ordinal)).Select(happened => happened.Split(' ')[0])
            .ShouldBe(["gateway-1", "analytics-1", "silo-1", "rabbitmq", "postgres", "epmd"]);
        _supervisor.Children.ShouldAllBe(child => child.State == ChildState.Stopped);
    }

    [Fact]
    public async Task Whatever_hangs_is_killed_when_its_time_is_over()
    {
        (string Name, ChildKind Kind)[] all =
            [("postgres", ChildKind.Postgres), ("epmd", ChildKind.Epmd), ("rabbitmq", ChildKind.RabbitMq), ("silo-1", ChildKind.Silo), ("silo-2", ChildKind.Silo), ("analytics-1", ChildKind.Analytics), ("gateway-1", ChildKind.Gateway)];
        foreach (var (name, kind) in all) await Running(name, kind);
        _launcher.Obeys = _ => false;
        var stopping = _supervisor.StopAll();
        while (!stopping.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stopping;
        // The clock of this test runs ahead of its threads: the last look of a stop may be over before the end of what was killed has been noticed.
        foreach (var child in _supervisor.Children) await Reaches(child, ChildState.Stopped);
        _supervisor.Children.ShouldAllBe(child => child.State == ChildState.Stopped);
        _launcher.Events.Count(happened => happened.EndsWith("is killed", StringComparison.Ordinal)).ShouldBe(all.Length);
    }

    [Fact]
    public void All_kinds_have_their_time_one_after_another_and_30_seconds_are_enough()
    {
        Supervisor.StopBy.Select(phase => phase.Kind).ShouldBe(Enum.GetValues<ChildKind>());
        Supervisor.StopBy.Select(phase => phase.By).ShouldBeInOrder();
        Supervisor.StopBy[^1].By.ShouldBeLessThan(TimeSpan.FromSeconds(28));
    }

    [Fact]
    public async Task A_server_that_Ctrl_C_reached_too_serves_those_that_still_end()
    {
        var postgres = await Running("postgres", ChildKind.Postgres);
        var silo = await Running("silo-1", ChildKind.Silo);
        _launcher.Obeys = name => name == "postgres";
        var stopping = _supervisor.StopAll();
        _launcher.Last("postgres").Die(0);
        while (_launcher.Last("postgres").Id != 3)
        {
            // Until the second start; no faster than the clock on the wall, or the silo's time to end is over before a busy machine has noticed the first end.
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Delay(1, Cancel);
        }

        silo.State.ShouldBe(ChildState.Running);
        _launcher.Last("silo-1").Die(0);
        await stopping.WaitAsync(Patience, Cancel);
        postgres.State.ShouldBe(ChildState.Stopped);
        _launcher.Events.ShouldBe(["postgres starts", "silo-1 starts", "silo-1 is told to end", "postgres starts", "postgres is told to end"]);
    }

    [Fact]
    public async Task Nothing_is_added_once_all_is_being_stopped()
    {
        await _supervisor.StopAll();
        Should.Throw<OperationCanceledException>(() => _supervisor.Add(StubLauncher.Spec("silo-1", ChildKind.Silo)));
    }

    [Fact]
    public async Task A_name_nobody_has_is_refused_with_those_there_are()
    {
        await Running("silo-1", ChildKind.Silo);
        Should.Throw<UsageException>(() => _supervisor.Find("silo-2")).Message.ShouldContain("silo-1");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task Reaches(Child child, ChildState state) => child.Reaches(state, Cancel).WaitAsync(Patience, Cancel);

    private async Task<Child> Running(string name, ChildKind kind)
    {
        var child = _supervisor.Add(StubLauncher.Spec(name, kind));
        await Reaches(child, ChildState.Running);
        return child;
    }
}
