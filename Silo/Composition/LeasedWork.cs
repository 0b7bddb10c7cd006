using Commerce.Silo.Deadlines;
using Commerce.Silo.Journal.Postgres;

namespace Commerce.Silo.Composition;

/// <summary>
/// Work of a service that one silo of its role does at a time: relay, deadlines. Who holds the lease runs it; the others ask for it every second, so that one of
/// them goes on seconds after the holder died, froze or lost its database, also when its clock was ahead. Two that both believe to hold it do no harm: what they write is fenced by the
/// lease's epoch, and a wake is never wrong.
/// </summary>
internal sealed partial class LeasedWork(
    string service, string name, string holder, Func<Lease, BackgroundService> begin, PostgresLeases leases, TimeProvider time, ILogger<LeasedWork> log) : BackgroundService
{
    /// <summary>How long nobody works after a holder was killed.</summary>
    internal static readonly TimeSpan Term = TimeSpan.FromSeconds(5);

    internal static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    // Another's lease as it was last seen, and since when it has been that.
    private Lease? _other;
    private long _since;

    // A holder that lives renews it with every beat.
    private Lease? Abandoned => _other is not null && time.GetElapsedTime(_since) > Term + Beat ? _other : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await leases.Acquire(service, name, holder, time.GetUtcNow(), Term, Abandoned) is { } lease) await Work(lease, stoppingToken);
                else await Watch();
            }
            catch (Exception away) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(name, service, away.GetType().Name);
            }

            await Pause(stoppingToken);
        }
    }

    private async Task Watch()
    {
        var other = await leases.Look(service, name);
        if (other != _other) (_other, _since) = (other, time.GetTimestamp());
    }

    private async Task Work(Lease lease, CancellationToken stopping)
    {
        LogTaken(name, service, lease.Epoch);
        using var work = begin(lease);
        await work.StartAsync(stopping);
        Lease? held = lease;
        try
        {
            while (held is not null && held.Until > time.GetUtcNow() && work.ExecuteTask is { IsCompleted: false })
            {
                await Pause(stopping);
                if (stopping.IsCancellationRequested) return;
                held = await Renew(held);
            }

            LogLost(name, service, lease.Epoch);
        }
        finally
        {
            await work.StopAsync(CancellationToken.None);
            if (held is not null) await leases.Release(held).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A database that does not answer takes no lease away before its time is over.
    private async Task<Lease?> Renew(Lease lease)
    {
        try
        {
            return await leases.Renew(lease, time.GetUtcNow(), Term);
        }
        catch (Exception away)
        {
            LogAway(name, service, away.GetType().Name);
            return lease;
        }
    }

    private Task Pause(CancellationToken stopping) => Task.Delay(Beat, time, stopping).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Work} of {Service} runs here now (epoch {Epoch}).")]
    private partial void LogTaken(string work, string service, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Work} of {Service} does not run here any more (epoch {Epoch}).")]
    private partial void LogLost(string work, string service, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease for the {Work} of {Service} could not be asked for ({Fault}); trying again.")]
    private partial void LogAway(string work, string service, string fault);
}

/// <summary>Puts leased work into a silo.</summary>
internal static class LeasedWorkComposition
{
    public static void AddLeased(this ISiloBuilder silo, string service, string name, string holder, Func<IServiceProvider, Lease, BackgroundService> begin)
    {
        silo.AddWaking();
        silo.Services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<LeasedWork>(
            provider, service, name, holder, (Func<Lease, BackgroundService>)(lease => begin(provider, lease))));
    }
}
