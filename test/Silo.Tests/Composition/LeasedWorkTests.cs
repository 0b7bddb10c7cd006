using Commerce.Silo.Composition;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Commerce.Silo.Tests.Composition;

public sealed class LeasedWorkTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TaskCompletionSource<Lease> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServiceDatabases _databases = null!;
    private PostgresLeases _leases = null!;

    public async ValueTask InitializeAsync()
    {
        _databases = await postgres.Journals(["order"]);
        _leases = new PostgresLeases(_databases, NullLogger<PostgresLeases>.Instance);
    }

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Fact]
    public async Task A_lease_whose_dead_holder_s_clock_was_an_hour_ahead_is_taken_within_seconds()
    {
        var dead = (await _leases.Acquire("order", "relay", "a", _time.GetUtcNow().AddHours(1), LeasedWork.Term)).ShouldNotBeNull();

        (await TakenAfter(_ => Task.CompletedTask)).ShouldBeLessThan(Never);

        (await _begun.Task).Epoch.ShouldBe(dead.Epoch + 1);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_stays_its_holder_s()
    {
        var lease = (await _leases.Acquire("order", "relay", "a", _time.GetUtcNow().AddHours(1), LeasedWork.Term)).ShouldNotBeNull();

        (await TakenAfter(async now => await _leases.Renew(lease, now.AddHours(1), LeasedWork.Term))).ShouldBe(Never);
    }

    // By the clock of who waits for it, which is moved on whether or not the machine keeps up; the lease says an hour.
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(60);

    // How long it took until the work ran here.
    private async Task<TimeSpan> TakenAfter(Func<DateTimeOffset, Task> beat)
    {
        using var work = new LeasedWork("order", "relay", "b", Begin, _leases, _time, NullLogger<LeasedWork>.Instance);
        await work.StartAsync(TestContext.Current.CancellationToken);
        var began = _time.GetTimestamp();
        while (!_begun.Task.IsCompleted && _time.GetElapsedTime(began) < Never)
        {
            await beat(_time.GetUtcNow());
            _time.Advance(LeasedWork.Beat);
            await Task.WhenAny(_begun.Task, Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        }

        var taken = _time.GetElapsedTime(began);
        await work.StopAsync(TestContext.Current.CancellationToken);
        return taken;
    }

    private Idle Begin(Lease lease)
    {
        _begun.TrySetResult(lease);
        return new Idle();
    }

    private sealed class Idle : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Delay(Timeout.Infinite, stoppingToken);
    }
}
