using Commerce.Kernel;

namespace Commerce.Silo.Deadlines;

/// <summary>
/// Wakes the streams of one service when their deadline has come. Deadlines are data beside the streams; between two of them it sleeps, however many
/// are pending. A wake that comes too early, twice or for nothing does no harm, so nothing here has to be exactly once.
/// </summary>
public sealed partial class DeadlineScanner(
    string service, IJournal journal, IStreamWaker waker, TimeProvider time, ILogger<DeadlineScanner> log) : BackgroundService
{
    /// <summary>Streams taken from the journal at a time.</summary>
    internal const int PageSize = 256;

    /// <summary>Wakes in flight at once: enough to hide a provider's latency, few enough to leave the silo to its shoppers.</summary>
    internal const int Parallelism = 16;

    /// <summary>Appends signal; looking more often than this would cost more than a deadline is late by it.</summary>
    internal static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(250);

    /// <summary>The clock may be set forward while it sleeps.</summary>
    internal static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly Backoff _backoff = new();
    private Task _appended = Task.CompletedTask;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // The signal is asked for before looking: a deadline appended between the two completes it.
                if (_appended.IsCompleted) _appended = journal.Appended(service, stoppingToken);
                if (await WakeDue()) continue;
                await Sleep(stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogFault(service, fault);
                await Task.Delay(Backoff.Shortest, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // True when somebody was woken: there may be more by now.
    private async Task<bool> WakeDue()
    {
        var now = time.GetUtcNow();

        // Streams that are held back are the earliest of all: the page must reach past them, or they would starve the others.
        var due = await journal.Due(service, now, PageSize + _backoff.Count);
        _backoff.KeepOnly(due);
        var ready = new Queue<DueStream>(due.Where(stream => !_backoff.HoldsBack(stream, now)));
        if (ready.Count == 0) return false;

        using var free = new SemaphoreSlim(Parallelism);
        var running = new List<Task>(ready.Count);
        while (ready.TryDequeue(out var stream))
        {
            await free.WaitAsync();
            running.Add(Wake(stream, free));
        }

        await Task.WhenAll(running);
        return true;
    }

    private async Task Wake(DueStream due, SemaphoreSlim free)
    {
        var didSomething = false;
        try
        {
            didSomething = await waker.Wake(due.Stream);
        }
        catch (Exception fault)
        {
            LogWake(due.Stream, fault);
        }
        finally
        {
            lock (_backoff) _backoff.Woken(due, didSomething, time.GetUtcNow());
            free.Release();
        }
    }

    private async Task Sleep(CancellationToken stopping)
    {
        var now = time.GetUtcNow();
        var next = await journal.NextDue(service, now);
        if (_backoff.Earliest is { } retry && (next is null || retry < next)) next = retry;
        var length = next is null || next - now > LongestSleep ? LongestSleep : next.Value - now;

        // Timers count whole milliseconds: rounded down it would wake too early and spin.
        length = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, length.TotalMilliseconds)));
        using var awake = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var slept = Task.Delay(length, time, awake.Token);
        if (await Task.WhenAny(slept, _appended) != slept) await Task.WhenAny(slept, Task.Delay(ShortestSleep, time, awake.Token));
        await awake.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deadlines of {Service} could not be looked up; trying again in a second.")]
    private partial void LogFault(string service, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Stream} is due and could not be woken; it is tried again later.")]
    private partial void LogWake(StreamName stream, Exception fault);
}
