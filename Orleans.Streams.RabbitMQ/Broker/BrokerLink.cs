using Microsoft.Extensions.Logging;
using Orleans.Streams.RabbitMQ.Diagnostics;
using RabbitMQ.Client;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>
/// One connection to the broker at a time, in numbered generations: what belongs to an old generation is recognised by its number and left
/// alone. A provider has two links, so that a broker which blocks publishers does not stop acknowledgements.
/// </summary>
internal sealed class BrokerLink(
    string provider, string purpose, RabbitMqStreamOptions options, Topology topology, TimeProvider time, StreamMetrics metrics, ILogger log) : IAsyncDisposable
{
    private readonly ConnectionRecipe _recipe = new(options, $"{provider} {purpose}");
    private readonly Backoff _backoff = new(options, time);
    private readonly SemaphoreSlim _gate = new(1, 1);
    // What is said of being blocked is said of the current generation: of one that is gone nobody would ever say that it is no longer blocked.
    private readonly Lock _turnover = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile Generation? _current;
    private volatile TaskCompletionSource? _blocked;
    private volatile bool _redeclare;
    private Task _watching = Task.CompletedTask;
    private int _blockings;
    private long _number;
    private string _lastError = "not connected yet";

    /// <summary>Whether the last attempt ended in a working connection; null before the first attempt.</summary>
    public bool? IsUp => _number == 0 && _backoff.Pause == default ? null : _current is { Connection.IsOpen: true };

    /// <summary>Why there is no connection, without address or stack.</summary>
    public string LastError => _lastError;

    /// <summary>Completes when the broker takes publishes: at once, unless it said <c>connection.blocked</c>.</summary>
    public Task Unblocked => _blocked?.Task ?? Task.CompletedTask;

    /// <summary>Changes whenever the broker begins or ends to block publishers: whoever measured a time finds out that it does not count.</summary>
    public int Blockings => Volatile.Read(ref _blockings);

    /// <summary>The working connection, opened now if need be. While the broker is away only one attempt per pause is made.</summary>
    /// <exception cref="BrokerUnavailableException">There is none now.</exception>
    public async ValueTask<Generation> Connect(CancellationToken cancellationToken)
    {
        if (_current is { Connection.IsOpen: true } current && !_redeclare)
            return current;

        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            var opened = _current is { Connection.IsOpen: true } still ? still : null;
            if (opened is not null && !_redeclare)
                return opened;
            if (_backoff.IsOn || (opened is null && _number > 0 && !options.Has(Cure.Reconnect)))
                throw new BrokerUnavailableException(_lastError);

            if (_watching.IsCompleted)
                _watching = Watch();
            using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            if (opened is null)
                return await Guarded(() => OpenNext(given.Token));
            await Guarded(() => Declare(opened.Connection, given.Token));
            return opened;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Something was returned as unroutable: the queues are declared again before the next publish.</summary>
    public void Redeclare() => _redeclare = true;

    /// <summary>Gives up a generation that no longer answers. Idempotent; a newer one is left alone.</summary>
    public void Discard(Generation generation)
    {
        lock (_turnover)
        {
            if (_current == generation)
            {
                _current = null;
                Unblock();
            }
        }

        // Not awaited: a connection that answers nothing does not answer its closing either.
        _ = generation.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Who is connecting ends first, and leaves no connection behind.
        await _gate.WaitAsync();
        try
        {
            var last = _current;
            lock (_turnover)
            {
                _current = null;
                Unblock();
            }

            if (last is not null)
                await last.Close();
            _stop.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<Generation> OpenNext(CancellationToken cancellationToken)
    {
        var (connection, fingerprint) = await _recipe.Open(cancellationToken);
        try
        {
            await Declare(connection, cancellationToken);
        }
        catch
        {
            await Generation.Close(connection);
            throw;
        }

        var next = new Generation(++_number, connection, fingerprint);
        connection.ConnectionBlockedAsync += (_, e) => OnBlocked(next, e.Reason);
        connection.ConnectionUnblockedAsync += (_, _) => OnUnblocked(next);
        connection.ConnectionShutdownAsync += (_, e) => OnShutdown(next, e.ReplyText);
        lock (_turnover)
        {
            _current = next;
            Unblock();
        }

        if (_number > 1)
            metrics.Reconnected();
        Log.Connected(log, provider, purpose, next.Number);
        return next;
    }

    private async Task Declare(IConnection connection, CancellationToken cancellationToken)
    {
        await topology.Declare(connection, cancellationToken);
        _redeclare = false;
    }

    private async Task Guarded(Func<Task> attempt) => await Guarded(async () =>
    {
        await attempt();
        return true;
    });

    private async Task<T> Guarded<T>(Func<Task<T>> attempt)
    {
        try
        {
            var result = await attempt();
            _backoff.Succeeded();
            return result;
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            _backoff.Failed();
            _lastError = StackFree(e);
            Log.ConnectFailed(log, provider, purpose, _lastError, _backoff.Pause);
            throw new BrokerUnavailableException(_lastError, e);
        }
    }

    // The innermost message is the one that names the cause; addresses and stacks stay out of what callers and health checks see.
    private static string StackFree(Exception e) => $"{e.GetBaseException().GetType().Name}: {e.GetBaseException().Message}";

    /// <summary>
    /// Opens what is not there, though nobody may ask for it. After a rotation it opens the next generation with the new material first; if
    /// that fails the old connection goes on serving.
    /// </summary>
    private async Task Watch()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(options.RotationCheckInterval, time, _stop.Token);
            var old = _current;
            try
            {
                if (old is not { Connection.IsOpen: true })
                {
                    await Connect(_stop.Token);
                    continue;
                }

                if (await _recipe.Fingerprint(_stop.Token) == old.Fingerprint)
                    continue;
                await _gate.WaitAsync(_stop.Token);
                try
                {
                    if (_current == old)
                        await OpenNext(_stop.Token);
                }
                finally
                {
                    _gate.Release();
                }
            }
            catch (BrokerUnavailableException)
            {
                // Connecting has logged why.
                continue;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                Log.RotationFailed(log, provider, purpose, StackFree(e));
                continue;
            }

            Log.Rotated(log, provider, purpose);
            // Channels move at their next use; what is on its way over the old connection has this long to be confirmed.
            await Task.Delay(options.ConfirmTimeout < TimeSpan.FromSeconds(2) ? options.ConfirmTimeout : TimeSpan.FromSeconds(2), time, _stop.Token);
            await old.Close();
        }
    }

    private Task OnBlocked(Generation generation, string reason)
    {
        lock (_turnover)
        {
            if (_current != generation || !generation.Connection.IsOpen)
                return Task.CompletedTask;
            _blocked ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _blockings);
        }

        Log.Blocked(log, provider, reason);
        return Task.CompletedTask;
    }

    private Task OnUnblocked(Generation generation)
    {
        lock (_turnover)
        {
            if (_current != generation)
                return Task.CompletedTask;
            Unblock();
        }

        Log.Unblocked(log, provider);
        return Task.CompletedTask;
    }

    private Task OnShutdown(Generation generation, string reason)
    {
        lock (_turnover)
        {
            if (_current != generation)
                return Task.CompletedTask;
            _lastError = reason;
            Unblock();
        }

        if (!_stop.IsCancellationRequested)
            Log.Lost(log, provider, purpose, generation.Number, reason);
        return Task.CompletedTask;
    }

    private void Unblock()
    {
        if (_blocked is null)
            return;
        Interlocked.Increment(ref _blockings);
        Interlocked.Exchange(ref _blocked, null)?.TrySetResult();
    }
}
