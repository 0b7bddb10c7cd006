using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.ServiceDefaults;

/// <summary>
/// Ends a process whose clock was set back by a step; whoever supervises it starts it again. The timers of Orleans wait until the clock says it is time: as long as the step was they stand still, and a silo whose timers
/// stand still does not hear of others that have died. A clock that is slewed, as it should be, never gets here.
/// </summary>
internal sealed partial class ClockWatch(TimeProvider time, IHostApplicationLifetime host, ILogger<ClockWatch> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Steps _clock = new(time);

    /// <summary>Whether it has ended this process.</summary>
    public bool SetBack { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var looks = new PeriodicTimer(Look);
        while (await looks.WaitForNextTickAsync(stoppingToken))
        {
            if (_clock.Back() is not { } by) continue;
            LogSetBack(by);
            SetBack = true;
            host.StopApplication();
            return;
        }
    }

    [LoggerMessage(LogLevel.Error, "The clock of this machine was set back by {By}; this process ends, since its timers would stand still for as long. Let the clock be slewed instead.")]
    private partial void LogSetBack(TimeSpan by);

    /// <summary>A wall clock beside one that only ever goes forward.</summary>
    internal sealed class Steps(TimeProvider time)
    {
        /// <summary>Less is borne: others take a silo for dead that has not signed for six seconds.</summary>
        internal static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

        private DateTimeOffset _said = time.GetUtcNow();
        private long _at = time.GetTimestamp();

        /// <summary>By how much the wall clock went back since it was last looked at; null when it did not, or by little.</summary>
        public TimeSpan? Back()
        {
            // In this order: a process that is frozen between the two sees a clock that went forward.
            var due = _said + time.GetElapsedTime(_at);
            _said = time.GetUtcNow();
            _at = time.GetTimestamp();
            return due - _said is var by && by >= Least ? by : null;
        }
    }
}
