using System.Diagnostics.Metrics;
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

    private static readonly Counter<long> Woken = new Meter("Commerce.Deadlines").CreateCounter<long>(
        "commerce.deadlines.woken", "{stream}", "Streams woken at their deadline; acted: whether anything was due.");

    private readonly Backoff _backoff = new();

    // Wakes in flight. A slow one delays nobody else; only the loop below touches this.
    private readonly Dictionary<StreamName, (DueStream Due, Task<bool> Wake)> _waking = [];
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
                var looked = time.GetUtcNow();
                if (!await WakeDue(looked, stoppingToken)) await Sleep(looked, stoppingToken);
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
    private async Task<bool> WakeDue(DateTimeOffset now, CancellationToken stopping)
    {
        SettleFinished();

        // Streams that are held back or being woken are the earliest of all: the page must reach past them, or they would starve the others.
        var due = await journal.Due(service, now, PageSize + _backoff.Count + _waking.Count);
        _backoff.KeepOnly(due);
        var started = false;
        foreach (var stream in due)
        {
            if (_waking.ContainsKey(stream.Stream) || _backoff.HoldsBack(stream, now)) continue;
            if (_waking.Count == Parallelism)
            {
                await AnyFinished().WaitAsync(stopping);
                SettleFinished();
            }

            _waking[stream.Stream] = (stream, Wake(stream.Stream));
            started = true;
        }

        return started;
    }

    private Task<Task<bool>> AnyFinished() => Task.WhenAny(_waking.Values.Select(waking => waking.Wake));

    private void SettleFinished()
    {
        foreach (var (due, wake) in _waking.Values.Where(waking => waking.Wake.IsCompleted).ToArray())
        {
            _backoff.Woken(due, wake.GetAwaiter().GetResult(), time.GetUtcNow());
            _waking.Remove(due.Stream);
        }
    }

    // Never throws: a stream that cannot be woken is one that did nothing.
    private async Task<bool> Wake(StreamName stream)
    {
        try
        {
            var acted = await waker.Wake(stream);
            Woken.Add(1, new("service", service), new("acted", acted));
            return acted;
        }
        catch (Exception fault)
        {
            LogWake(stream, fault);
            return false;
        }
    }

    // From when it looked, not from now: what has become due in between was not seen yet.
    private async Task Sleep(DateTimeOffset looked, CancellationToken stopping)
    {
        var next = await journal.NextDue(service, looked);
        if (_backoff.Earliest is { } retry && (next is null || retry < next)) next = retry;
        var now = time.GetUtcNow();
        var length = next is null || next - now > LongestSleep ? LongestSleep : next.Value - now;

        // Timers count whole milliseconds: rounded down it would wake too early and spin.
        length = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, length.TotalMilliseconds)));
        using var awake = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var enough = Task.Delay(length, time, awake.Token);
        if (_waking.Count > 0) enough = Task.WhenAny(enough, AnyFinished());
        if (await Task.WhenAny(enough, _appended) != enough) await Task.WhenAny(enough, Task.Delay(ShortestSleep, time, awake.Token));
        await awake.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deadlines of {Service} could not be looked up; trying again in a second.")]
    private partial void LogFault(string service, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Stream} is due and could not be woken; it is tried again later.")]
    private partial void LogWake(StreamName stream, Exception fault);
}
