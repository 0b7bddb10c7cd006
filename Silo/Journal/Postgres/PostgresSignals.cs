using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// Tells who waits that a service's journal has grown: at once about this silo's appends, by a notification of the database about others'. A
/// notification is a hint: it is sent after the commit, so that no sale waits for it, and a look at the head every few seconds makes up for a lost one.
/// Whoever listens announces itself with each look; a silo that listens and hears of nobody else sends no notifications, since nobody would hear them. A listener of a build
/// that did not announce itself yet is heard of only when it appends; until then it learns of such a silo's appends when it looks.
/// </summary>
internal sealed class PostgresSignals : IAsyncDisposable
{
    /// <summary>Begins what a listener announces itself with, before its id; the id alone tells of an append.</summary>
    private const string Here = "here ";

    /// <summary>How often the head is looked at, whatever notifications come; it also finds a dead connection.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Who hears of nobody else for so long, while it listens, is alone: another listener would have announced itself thrice.</summary>
    private static readonly TimeSpan AloneAfter = 3 * LookEvery;

    /// <summary>Between two notifications: forty a second are as good as one per commit.</summary>
    private static readonly TimeSpan NotifyEvery = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _service;
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    // Tells this silo's notifications, which it has signalled itself, from others'.
    private readonly string _self;
    private TaskCompletionSource _next = NewSignal();
    private Task? _listening;
    private Task _notifying = Task.CompletedTask;
    private bool _notify;

    // Since when this silo has listened and heard of no other; unknown while it does not listen.
    private long? _quietSince;

    // Where the head was at the last look; unknown after a lost connection.
    private long? _position = 0;

    public PostgresSignals(string service, NpgsqlDataSource source, TimeProvider time, ILogger log)
    {
        (_service, _source, _time, _log) = (service, source, time, log);
        _self = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
    }

    /// <summary>Completes at the next append. Listening begins with the first who asks.</summary>
    public Task Next()
    {
        lock (_gate)
        {
            if (_listening is null && !_stop.IsCancellationRequested)
            {
                using var _ = ExecutionContext.SuppressFlow();
                _listening = Listen();
            }

            return _next.Task;
        }
    }

    /// <summary>This silo has appended: tells who waits here, and lets the others be told, unless there are none.</summary>
    public void Appended()
    {
        Wake();
        lock (_gate)
        {
            if (_quietSince is { } quiet && _time.GetElapsedTime(quiet) > AloneAfter) return;
            _notify = true;
            if (!_notifying.IsCompleted || _stop.IsCancellationRequested) return;
            using var _ = ExecutionContext.SuppressFlow();
            _notifying = Notify();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await (_listening ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _notifying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Wake()
    {
        TaskCompletionSource woken;
        lock (_gate) (woken, _next) = (_next, NewSignal());
        woken.TrySetResult();
    }

    private async Task Notify()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            lock (_gate)
            {
                if (!_notify || _stop.IsCancellationRequested)
                {
                    // Said under the lock: whoever appends from now on starts anew.
                    _notifying = Task.CompletedTask;
                    return;
                }

                _notify = false;
            }

            try
            {
                // Its commit need not be on disk: nothing but the hint is in it.
                await using var notify = _source.CreateCommand("select set_config('synchronous_commit', 'off', true), pg_notify('journal', $1)");
                notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _self });
                await notify.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                _log.NotListening(_service, failure);
            }

            await Task.Delay(NotifyEvery, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Listen()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
                connection.Notification += (_, said) => Hear(said.Payload);
                await using (var listen = new NpgsqlCommand("listen journal", connection)) await listen.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
                QuietSince(_time.GetTimestamp());
                while (true)
                {
                    var looked = _time.GetTimestamp();
                    await Look(connection).ConfigureAwait(false);
                    // Less than a millisecond would be waited for without an end.
                    while (LookEvery - _time.GetElapsedTime(looked) is { TotalMilliseconds: >= 1 } left && await connection.WaitAsync(left, _stop.Token).ConfigureAwait(false)) { }
                }
            }
            catch (Exception failure)
            {
                // What comes while nobody listens may bring the head of another server to where this one's was.
                _position = null;
                QuietSince(null);
                if (!_stop.IsCancellationRequested) _log.NotListening(_service, failure);
            }

            await Task.Delay(ReconnectAfter, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Hear(string said)
    {
        if (said.EndsWith(_self, StringComparison.Ordinal)) return;
        QuietSince(_time.GetTimestamp());
        if (!said.StartsWith(Here, StringComparison.Ordinal)) Wake();
    }

    private void QuietSince(long? moment)
    {
        lock (_gate) _quietSince = moment;
    }

    /// <summary>Looks at the head, and announces this silo to the others.</summary>
    private async Task Look(NpgsqlConnection connection)
    {
        await using var look = new NpgsqlCommand("select position, set_config('synchronous_commit', 'off', true), pg_notify('journal', $1) from log_head where partition = 0", connection);
        look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Here + _self });
        var position = (long)(await look.ExecuteScalarAsync(_stop.Token).ConfigureAwait(false))!;
        if (position == _position) return;
        _position = position;
        Wake();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
