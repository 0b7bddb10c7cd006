using System.Globalization;

namespace Commerce.ServiceDefaults;

/// <summary>
/// A clock that an operator moves forward, for trying out in seconds what takes half an hour. How far it is ahead stands in a file that every process of the shop
/// reads; it never goes back. Timers that wait when it moves come due by as much earlier. What it does not move: stopwatches, network time-outs, and the clocks of PostgreSQL,
/// RabbitMQ and a payment provider; the payment simulator that <c>up</c> starts follows the same file.
/// </summary>
public sealed class TestClock : TimeProvider, IDisposable
{
    /// <summary>The file in a shop's data folder.</summary>
    public const string FileName = "test-clock";

    /// <summary>A process has noticed a move after this long.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(200);

    /// <summary>Further ahead no clock goes, so that whatever is counted on from now is still a time.</summary>
    public static readonly TimeSpan Farthest = TimeSpan.FromDays(36_500);

    private readonly string _file;
    private readonly HashSet<Waiting> _waiting = [];
    private readonly ITimer _look;
    private TimeSpan _ahead;

    /// <summary>Follows a file; one that is not there yet is no move at all.</summary>
    public TestClock(string file)
    {
        (_file, _ahead) = (file, Ahead(file) ?? TimeSpan.Zero);
        _look = System.CreateTimer(static clock => ((TestClock)clock!).Look(), this, Notice, Notice);
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_waiting) return System.GetUtcNow() + _ahead;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Waiting(this, callback, state, dueTime, period);

    /// <inheritdoc/>
    public void Dispose() => _look.Dispose();

    /// <summary>How far a shop's clock is ahead; null when it has none but the real one.</summary>
    public static TimeSpan? Ahead(string file)
    {
        try
        {
            return WrittenTime.TryParse(File.ReadAllText(file).Trim(), out var ahead) && ahead >= TimeSpan.Zero && ahead <= Farthest
                ? ahead
                : throw new SettingsException($"{file} holds no time such as 00:30:00; put it right, by hand if it must be.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Moves a shop's clock, all of it or not at all; answers how far it is ahead then.</summary>
    public static TimeSpan Advance(string file, TimeSpan by)
    {
        var before = Ahead(file) ?? TimeSpan.Zero;
        if (by > Farthest - before) throw new SettingsException($"A test clock goes {Farthest.TotalDays:0} days ahead at most, and this one is {before:c} ahead; move it by less.");
        var ahead = before + by;
        File.WriteAllText(file + ".new", ahead.ToString("c", CultureInfo.InvariantCulture));
        File.Move(file + ".new", file, overwrite: true);
        return ahead;
    }

    /// <summary>Refuses a test clock where the environment says production.</summary>
    public static void RefuseInProduction()
    {
        foreach (var variable in (string[])["DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"])
        {
            if (string.Equals(Environment.GetEnvironmentVariable(variable), "Production", StringComparison.OrdinalIgnoreCase))
                throw new SettingsException($"A test clock is not for production, and {variable} says that this is; run without it.");
        }
    }

    private void Look()
    {
        TimeSpan by;
        Waiting[] waiting;
        lock (_waiting)
        {
            try
            {
                by = (Ahead(_file) ?? TimeSpan.Zero) - _ahead;
            }
            catch (Exception e) when (e is IOException or SettingsException or UnauthorizedAccessException)
            {
                return;
            }

            if (by <= TimeSpan.Zero) return;
            _ahead += by;
            waiting = [.. _waiting];
        }

        foreach (var timer in waiting) timer.Hasten(by);
    }

    // A timer of the real clock that knows when it is due, so that it can be hastened.
    private sealed class Waiting : ITimer
    {
        private readonly TestClock _clock;
        private readonly ITimer _timer;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private DateTimeOffset _due;
        private TimeSpan _period;

        public Waiting(TestClock clock, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_clock, _callback, _state) = (clock, callback, state);
            _timer = System.CreateTimer(static timer => ((Waiting)timer!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._waiting)
            {
                _period = period;
                if (dueTime == Timeout.InfiniteTimeSpan) _clock._waiting.Remove(this);
                else
                {
                    _due = System.GetUtcNow() + dueTime;
                    _clock._waiting.Add(this);
                }

                return _timer.Change(dueTime, period);
            }
        }

        public void Hasten(TimeSpan by)
        {
            lock (_clock._waiting)
            {
                if (!_clock._waiting.Contains(this)) return;
                _due -= by;
                var left = _due - System.GetUtcNow();
                _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, _period);
            }
        }

        public void Dispose()
        {
            lock (_clock._waiting) _clock._waiting.Remove(this);
            _timer.Dispose();
        }

        public async ValueTask DisposeAsync()
        {
            lock (_clock._waiting) _clock._waiting.Remove(this);
            await _timer.DisposeAsync();
        }

        private void Ring()
        {
            lock (_clock._waiting)
            {
                if (_period > TimeSpan.Zero) _due = System.GetUtcNow() + _period;
                else _clock._waiting.Remove(this);
            }

            _callback(_state);
        }
    }
}
