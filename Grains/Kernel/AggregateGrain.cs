using System.Diagnostics;
using System.Text.Json;
using Commerce.Feeds;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace Commerce.Kernel;

/// <summary>
/// The only place where a decision meets storage. Decide, fold and hand-over to the journal happen without an <c>await</c> between them,
/// so the next command decides on the state already folded while the first is still being committed. Four laws follow:
/// (1) every answer is computed from the state at decision and given only when that state is durable; (2) no call to
/// another grain or provider leaves before the event that ordered it is durable — a command returns only then; (3) a process runs one
/// step at a time; (4) a snapshot is taken of a durable version only.
/// </summary>
[Reentrant]
public abstract class AggregateGrain<TState, TEvent>(IJournal journal, TimeProvider time, TState empty, Func<TState, TEvent, TState> evolve) : Grain
    where TState : class
    where TEvent : class
{
    /// <summary>Events between two snapshots: loading more than this takes longer than writing one (about 1 ms).</summary>
    private const int SnapshotEvery = 256;

    /// <summary>How often a command decides anew after losing a race before it gives up as unavailable; a second writer lives for moments only.</summary>
    private const int MaxTries = 8;

    /// <summary>
    /// How long a refusal, or an answer that must be recent, is given on what was last read or committed here. After a partition two activations may live, and nothing fences one that refuses:
    /// an order whose goods the other one held would hear for ever that there are none.
    /// </summary>
    private static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(1);

    private static readonly Task<AppendOutcome> Settled = Task.FromResult(AppendOutcome.Committed);

    private readonly TState _empty = empty;
    private TState _state = empty;
    private long _version;
    private Guid _lastEvent;
    private long _snapshotVersion;

    // When the journal last had what is folded here and nothing else: counted from before it was asked, since its answer may have waited while this silo was frozen.
    private long _seen;
    private CommandWindow _commands = new();

    // Since when this is the grain's only activation, as far as this silo knows.
    private IOwnership? _ownership;
    private long _heldSince;

    // The last append handed over: when it is durable, so is everything folded before it.
    private Task<AppendOutcome> _tail = Settled;

    // Each reload starts a generation; what an older one had in flight says nothing about this one's state.
    private int _generation;
    private bool _stale = true;
    private Task? _reloading;

    // Nothing has been read and nothing handed over: the stream is taken for new, and only the fence of a first append can tell.
    private bool _presumedNew;

    /// <summary>Where this aggregate's history is.</summary>
    protected StreamName Stream { get; private set; }

    /// <summary>Now, by the injected clock.</summary>
    protected DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The injected clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>The journal, for reading history back.</summary>
    protected IJournal Journal => journal;

    /// <summary>The state as folded; what of it is durable is not known here. For steering a process, never for an answer.</summary>
    protected TState Folded => _state;

    /// <summary>Version of the folded state.</summary>
    protected long Version => _version;

    /// <summary>Name of the snapshot's shape, changed whenever the state's shape changes; null for streams that stay short whatever is asked of them.</summary>
    protected virtual string? SnapshotFormat => null;

    /// <summary>The deadline a state has, if any.</summary>
    protected virtual DateTimeOffset? DueAt(TState state) => null;

    /// <summary>Whether most activations are of streams that have not begun: their history is read when it is first needed, not at once.</summary>
    protected virtual bool UsuallyNew => false;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = this.GetGrainId();
        Stream = new StreamName(RoleOf.Grain(GetType()), $"{id.Type}/{id.Key}");
        _ownership = ServiceProvider.GetService<IOwnership>();
        _heldSince = _ownership?.Version ?? 0;
        return UsuallyNew ? Task.CompletedTask : ReadAhead();
    }

    // An activation that fails hands its caller the provider's own exception, past the filter through which faults leave. So it stays unread, and whoever asks hears why.
    private async Task ReadAhead()
    {
        try
        {
            await Ready();
        }
        catch (Exception)
        {
            // It is read again with the first command.
        }
    }

    /// <summary>The history has been read: before that <see cref="Folded"/> and <see cref="Version"/> of what is <see cref="UsuallyNew"/> say nothing.</summary>
    protected Task Known() => Ready();

    /// <summary>Forgets what is folded and reads it again: for doing nothing because of a state that another activation may have changed.</summary>
    protected Task Reread()
    {
        Lost(_generation);
        return Ready();
    }

    /// <summary>A command that nearly always begins its stream.</summary>
    protected Task<Result<T>> Begin<T>(CommandKey command, Func<TState, Result<Events<TEvent>>> decide, Func<TState, T> answer)
    {
        PresumeNew();
        return Apply(command, decide, answer);
    }

    /// <summary>
    /// The next command is decided as if there were no history, without asking for one. The fence tells when there is, and then it is read and the command decided
    /// anew. A refusal or an answer without events is given on a history that was read.
    /// </summary>
    protected void PresumeNew()
    {
        if (UsuallyNew && _generation == 0 && _reloading is null) (_generation, _stale, _presumedNew) = (1, false, true);
    }

    /// <summary>A command with a key: the same key again answers the current state as repeated, or is refused when its content differs.</summary>
    protected Task<Result<T>> Apply<T>(CommandKey command, Func<TState, Result<Events<TEvent>>> decide, Func<TState, T> answer) =>
        Decide(command, decide, state => new Result<T>(answer(state)));

    /// <summary>A command whose answer may itself be a refusal.</summary>
    protected async Task<Result<T>> Decide<T>(CommandKey command, Func<TState, Result<Events<TEvent>>> decide, Func<TState, Result<T>> answer)
    {
        var came = time.GetTimestamp();
        for (var attempt = 1; attempt <= MaxTries; attempt++)
        {
            await UpToDate(came);
            var generation = _generation;

            var repeat = Repeat(command, answer);
            var decision = repeat is null ? decide(_state) : default;
            var key = command.IsGiven || !decision.Ok ? command : decision.Value.Command;
            repeat ??= key.Id == command.Id ? null : Repeat(key, answer);
            if (repeat is { } known)
            {
                if (await Durable(generation)) return known;
                continue;
            }

            if (!decision.Ok || decision.Value.Items.IsDefaultOrEmpty)
            {
                var settled = decision.Ok ? answer(_state) : new Result<T>(decision.Refusal!);
                if (!await Durable(generation)) continue;
                if (!decision.Ok && !IsRecent(came))
                {
                    Lost(generation);
                    continue;
                }

                if (!command.IsGiven || await DigestOf(command) is null) return settled;
                continue;
            }

            var (append, last) = HandOver(key, decision.Value);
            var handed = time.GetTimestamp();
            var result = answer(_state);
            var (state, version) = (_state, _version);

            switch (await OutcomeOf(append, generation))
            {
                case AppendOutcome.Committed:
                    CrashPoint.Reached(CrashPoint.AfterAppend, decision.Value.Items);
                    _seen = Math.Max(_seen, handed);
                    if (generation == _generation) KeepSnapshot(state, version, last);
                    else _stale = true;
                    return result;
                case AppendOutcome.Unknown:
                    Lost(generation);
                    if (await journal.Holds(Stream, last)) return result;
                    break;
                case AppendOutcome.Repeated:
                    Lost(generation);
                    await Ready();
                    if (await journal.FindCommand(Stream, key.Id) is { } found) _commands.Add(new CommandKey(key.Id, found));
                    break;
                default:
                    Lost(generation);
                    break;
            }
        }

        throw new DependencyUnavailableException("journal");
    }

    /// <summary>A command that is repeatable by its nature.</summary>
    protected Task<Result<T>> Apply<T>(Func<TState, Result<Events<TEvent>>> decide, Func<TState, T> answer) =>
        Apply(CommandKey.None, decide, answer);

    /// <summary>A command that answers only that it is done.</summary>
    protected Task<Result<Done>> Apply(Func<TState, Result<Events<TEvent>>> decide) => Apply(CommandKey.None, decide, static _ => Done.Value);

    /// <summary>A question: answered from the state as it is, once that is durable.</summary>
    /// <param name="answer">What is answered.</param>
    /// <param name="recent">Only on what was read or committed here within the last second, as a refusal is: another activation may know better.</param>
    protected async Task<T> Query<T>(Func<TState, T> answer, bool recent = false)
    {
        var came = time.GetTimestamp();
        for (var attempt = 1; attempt <= MaxTries; attempt++)
        {
            await UpToDate(came);
            var generation = _generation;
            var result = answer(_state);
            if (!await Durable(generation)) continue;
            if (!recent || IsRecent(came)) return result;
            Lost(generation);
        }

        throw new DependencyUnavailableException("journal");
    }

    /// <summary>Whether the stream has a command already: for events that would only say so.</summary>
    protected async Task<bool> Knows(CommandKey command)
    {
        await Query(static _ => true);
        return await DigestOf(command) is not null;
    }

    /// <summary>The refusal of a key that was given with another content before: for commands that do something elsewhere first.</summary>
    protected async Task<Refusal?> Reused(CommandKey command)
    {
        if (!command.IsGiven) return null;
        await Query(static _ => true);
        return await DigestOf(command) is { } digest && digest != command.Digest ? KernelErrors.KeyReused(command.Id) : null;
    }

    // What was asked under this key, if anything was. Of what the window has forgotten, the journal is asked.
    private async Task<string?> DigestOf(CommandKey command)
    {
        if (_commands.Find(command.Id) is { } known) return known;
        if (_commands.Complete || await journal.FindCommand(Stream, command.Id) is not { } digest) return null;
        _commands.Add(new CommandKey(command.Id, digest));
        return digest;
    }

    private Result<T>? Repeat<T>(CommandKey command, Func<TState, Result<T>> answer)
    {
        if (!command.IsGiven || _commands.Find(command.Id) is not { } digest) return null;
        return digest == command.Digest ? answer(_state) with { Repeated = true } : new Result<T>(KernelErrors.KeyReused(command.Id));
    }

    private (Task<AppendOutcome> Outcome, Guid Last) HandOver(CommandKey command, Events<TEvent> decided)
    {
        var now = Now;
        var (expected, expectedVersion) = (_lastEvent, _version);
        var state = _state;
        var events = new NewEvent[decided.Items.Length];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = new NewEvent(EventIds.Next(now), EventTypes.NameOf(decided.Items[i].GetType()), EventTypes.Write(decided.Items[i]), decided.Items[i]);
            state = evolve(state, decided.Items[i]);
        }

        CrashPoint.Reached(CrashPoint.BeforeAppend, decided.Items);
        // All of it or none, here too: a fold that fails half way leaves the state as it was.
        (_state, _version, _lastEvent, _presumedNew) = (state, _version + events.Length, events[^1].Id, false);
        _commands.Add(command);
        _tail = journal.Append(new Append(
            Stream, expected, expectedVersion, events, command, decided.OccurredAt ?? now, now, DueAt(_state), CurrentEnvelope()));
        return (_tail, _lastEvent);
    }

    // True when everything folded so far in this generation is durable.
    private async Task<bool> Durable(int generation)
    {
        if (_presumedNew) Lost(generation);
        try
        {
            if (await _tail != AppendOutcome.Committed) Lost(generation);
        }
        catch (Exception)
        {
            // Whoever handed it over hears why; who only looked on decides anew on what is there.
            Lost(generation);
        }

        return generation == _generation && !_stale;
    }

    // An append that fails was not appended: what was folded with it never happened.
    private async Task<AppendOutcome> OutcomeOf(Task<AppendOutcome> append, int generation)
    {
        try
        {
            return await append;
        }
        catch (Exception)
        {
            Lost(generation);
            throw;
        }
    }

    // What was read since the call came is as recent as can be, however slow the journal is.
    private bool IsRecent(long came) => _seen >= came || time.GetElapsedTime(_seen) < BelievedFor;

    private void Lost(int generation)
    {
        if (generation == _generation) _stale = true;
    }

    private Task Ready()
    {
        if (!_stale) return Task.CompletedTask;
        if (_reloading is null or { IsCompleted: true }) _reloading = Reload();
        return _reloading;
    }

    // Of all who waited for one reload, those whose turn comes first may have found it too old already. Where another silo has the grain, or had it meanwhile, nothing is told but
    // what was read since it was asked, and whoever comes later is to find the grain there.
    private async ValueTask UpToDate(long came)
    {
        var held = _ownership?.IsHeldSince(this.GetGrainId(), _heldSince) is not false;
        if (!held) DeactivateOnIdle();
        while (_stale || (!held && _seen < came))
        {
            _stale = true;
            await Ready();
        }
    }

    private async Task Reload()
    {
        // What is on its way may be committed after the history was read and before its answer is here: it would be acknowledged, and missing.
        await ((Task)_tail).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        var asked = time.GetTimestamp();
        var history = await journal.Load(Stream);
        var commands = new CommandWindow();
        var (state, version, last) = (_empty, 0L, Guid.Empty);
        if (history.Snapshot is { } snapshot && snapshot.Format == SnapshotFormat)
        {
            state = JsonSerializer.Deserialize<TState>(snapshot.State, EventTypes.Json)!;
            (version, last) = (snapshot.Version, snapshot.LastEvent);
            commands.Forgets();
        }
        else if (history.Snapshot is not null)
        {
            history = new StreamHistory(null, await journal.ReadStream(Stream, 0, int.MaxValue), history.Commands);
            commands.Forgets();
        }

        _snapshotVersion = version;
        foreach (var recorded in history.Events)
        {
            state = evolve(state, (TEvent)recorded.Event);
            (version, last) = (recorded.Version, recorded.Id);
        }

        foreach (var command in history.Commands) commands.Add(command);
        (_state, _version, _lastEvent, _commands, _tail) = (state, version, last, commands, Settled);
        _generation++;
        _seen = asked;
        (_stale, _presumedNew) = (false, false);
    }

    private void KeepSnapshot(TState state, long version, Guid last)
    {
        if (SnapshotFormat is not { } format || version - _snapshotVersion < SnapshotEvery) return;
        _snapshotVersion = version;
        journal.SaveSnapshot(Stream, new Snapshot(version, last, format, JsonSerializer.SerializeToUtf8Bytes(state, EventTypes.Json)));
    }

    private static Envelope CurrentEnvelope() => new(
        RequestContext.Get(CallContext.Actor) as string ?? "system",
        RequestContext.Get(CallContext.Correlation) as string,
        Activity.Current?.Id);
}
