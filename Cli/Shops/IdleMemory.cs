namespace Commerce.Cli.Shops;

/// <summary>
/// Gives memory back once work has calmed down. A shop shares its machine; after a busy hour the collector would otherwise keep what the busy hour needed,
/// because nothing is allocated that would make it look.
/// </summary>
internal sealed class IdleMemory(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Allocating less than this between two looks is idling (timers and health checks make about 1 MB); a full collection takes some 100 ms, so it is never done under load.</summary>
    private const long IdleBytes = 4 * 1024 * 1024;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        var (before, trimmed) = (0L, 0L);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var allocated = GC.GetTotalAllocatedBytes();
            var (idle, worked) = (allocated - before < IdleBytes, allocated - trimmed > 16 * IdleBytes);
            before = allocated;
            if (!idle || !worked) continue;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            trimmed = GC.GetTotalAllocatedBytes();
        }
    }
}
