namespace Commerce.Cli.Clusters;

/// <summary>A child process for as long as the cluster runs: when it dies it is started again after 5 s, unless it was drained or stopped.</summary>
internal sealed class Child : IDisposable
{
    public static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ChildSpec _spec;
    private readonly ILauncher _launcher;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private TaskCompletionSource _changed = Change();
    private IChildProcess? _process;
    private Wish _wish = Wish.Run;
    private ChildState _state = ChildState.Starting;

    private Child(ChildSpec spec, ILauncher launcher, TimeProvider time, Action<string> say) => (_spec, _launcher, _time, _say) = (spec, launcher, time, say);

    /// <summary>Run: always. Serve: always and without a pause, for those that are still to end. Last: to its end, and not again.</summary>
    private enum Wish { Run, Serve, Last, Drained, Stopped }

    public string Name => _spec.Name;

    public ChildKind Kind => _spec.Kind;

    public IReadOnlyList<string> Roles => _spec.Roles;

    public ChildState State { get { lock (_gate) return _state; } }

    public int? Pid { get { lock (_gate) return _process?.Id; } }

    public static Child Start(ChildSpec spec, ILauncher launcher, TimeProvider time, Action<string> say)
    {
        var child = new Child(spec, launcher, time, say);
        _ = child.Live();
        return child;
    }

    /// <summary>Waits for a state.</summary>
    public async Task Reaches(ChildState wanted, CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_state == wanted) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Ends it at once, as a fault would; it comes back.</summary>
    public async Task<bool> Kill(CancellationToken cancel)
    {
        IChildProcess? process;
        lock (_gate) process = _process;
        if (process is null) return false;
        process.Kill();
        await process.Exited.WaitAsync(cancel);
        return true;
    }

    /// <summary>Ends it at once; it stays away until it is resumed.</summary>
    public async Task Fell()
    {
        IChildProcess? process = null;
        Set(() => (_wish, process) = (Wish.Drained, _process));
        process?.Kill();
        await Reaches(ChildState.Drained, CancellationToken.None);
    }

    /// <summary>Has it end its work in its own time, at the latest by a limit; it stays away.</summary>
    public Task Drain(TimeSpan limit) => End(Wish.Drained, limit);

    /// <summary>The same for good.</summary>
    public async Task Stop(TimeSpan limit)
    {
        await _stopping.CancelAsync();
        await End(Wish.Stopped, limit);
    }

    /// <summary>
    /// The cluster is about to end. Ctrl+C reaches every process of the terminal's group: a program that ends of it is not started again,
    /// a server is, at once, because what still runs needs it to end cleanly.
    /// </summary>
    public void Prepare() => Set(() => _wish = _wish != Wish.Run ? _wish : Kind < ChildKind.RabbitMq ? Wish.Last : Wish.Serve);

    /// <summary>Waits until a drain is over that has begun.</summary>
    public Task Drained(CancellationToken cancel) => WishNow() == Wish.Drained ? Reaches(ChildState.Drained, cancel) : Task.CompletedTask;

    /// <summary>Has a drained one run again.</summary>
    public void Resume() => Set(() => _wish = _wish == Wish.Drained ? Wish.Run : _wish);

    public void Dispose() => _stopping.Dispose();

    private async Task Live()
    {
        // The caller goes on; what it says about itself must not come before the caller knows it.
        await Task.Yield();
        while (true)
        {
            var wish = WishNow();
            if (wish is Wish.Stopped or Wish.Last) break;
            if (wish == Wish.Drained)
            {
                Become(ChildState.Drained);
                await WhileWished(Wish.Drained, Task.Delay(Timeout.InfiniteTimeSpan, _stopping.Token));
                continue;
            }

            var ended = await RunOnce();
            if (WishNow() == Wish.Serve) await Task.Delay(Look, _time);
            if (WishNow() != Wish.Run) continue;
            _say($"{Name} {ended}; starting it again in {RestartAfter.TotalSeconds:0} s.");
            var pause = Task.Delay(RestartAfter, _time, _stopping.Token);
            Become(ChildState.Restarting);
            await WhileWished(Wish.Run, pause);
        }

        Become(ChildState.Stopped);
    }

    private async Task<string> RunOnce()
    {
        Become(ChildState.Starting);
        Prepared prepared;
        IChildProcess process;
        try
        {
            prepared = await _spec.Prepare(_stopping.Token);
            process = _launcher.Start(Name, prepared.Launch);
        }
        catch (Exception e)
        {
            return $"could not be started ({e.Message})";
        }

        using (process)
        {
            Set(() => _process = process);
            // Asked to end while it was being started.
            if (WishNow() is Wish.Drained or Wish.Stopped) process.Signal(_spec.StopSignal);
            await UntilReady(process, prepared);
            var code = await process.Exited;
            Set(() => _process = null);
            return $"ended with exit code {code}";
        }
    }

    private async Task UntilReady(IChildProcess process, Prepared prepared)
    {
        while (!process.Exited.IsCompleted)
        {
            if (await IsReady(prepared))
            {
                Become(ChildState.Running);
                return;
            }

            await Task.WhenAny(process.Exited, Task.Delay(Look, _time));
        }
    }

    private async Task<bool> IsReady(Prepared prepared)
    {
        try
        {
            return await prepared.IsReady(_stopping.Token);
        }
        catch (Exception)
        {
            return false;
        }
    }

    private async Task End(Wish wish, TimeSpan limit)
    {
        IChildProcess? process = null;
        Set(() => (_wish, process) = (wish, _process));
        process?.Signal(_spec.StopSignal);
        var ended = Reaches(wish == Wish.Drained ? ChildState.Drained : ChildState.Stopped, CancellationToken.None);
        try
        {
            await ended.WaitAsync(limit, _time);
        }
        catch (TimeoutException)
        {
            _say($"{Name} did not end within {limit.TotalSeconds:0.#} s; it is killed.");
            // Not one that somebody has had started meanwhile.
            lock (_gate) process = _wish == wish ? _process : null;
            process?.Kill();
            await ended.WaitAsync(TimeSpan.FromSeconds(2), _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WhileWished(Wish wish, Task atMost)
    {
        while (!atMost.IsCompleted)
        {
            Task changed;
            lock (_gate)
            {
                if (_wish != wish) return;
                changed = _changed.Task;
            }

            await Task.WhenAny(atMost, changed);
        }
    }

    private Wish WishNow()
    {
        lock (_gate) return _wish;
    }

    private void Become(ChildState state) => Set(() => _state = state);

    private void Set(Action change)
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            change();
            (before, _changed) = (_changed, Change());
        }

        before.SetResult();
    }

    private static TaskCompletionSource Change() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
