using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;

namespace Commerce.Kit;

/// <summary>
/// Base of a test class that states the rules of one aggregate: <c>Given(what happened).When(a decision).Then(what happens)</c>.
/// Pure: no grain, no journal, no clock.
/// </summary>
public abstract class Specification<TState, TEvent>(TState empty, Func<TState, TEvent, TState> evolve)
    where TEvent : class
{
    protected Situation<TState, TEvent> Given(params ReadOnlySpan<TEvent> happened) => new(empty, evolve, happened);
}

/// <summary>An aggregate with a history; <see cref="State"/> is its fold.</summary>
public sealed class Situation<TState, TEvent>
    where TEvent : class
{
    private readonly Func<TState, TEvent, TState> _evolve;

    public Situation(TState empty, Func<TState, TEvent, TState> evolve, params ReadOnlySpan<TEvent> happened)
    {
        (_evolve, State) = (evolve, empty);
        foreach (var e in happened) State = evolve(State, e);
    }

    /// <summary>The state so far.</summary>
    public TState State { get; }

    /// <summary>Decides on it; what is decided is folded, so that every event decided is also one that can be read back.</summary>
    public Decision<TState, TEvent> When(Func<TState, Result<Events<TEvent>>> decide)
    {
        var decided = decide(State);
        return new(decided, decided.Ok ? new(State, _evolve, decided.Value.Items.AsSpan()) : this);
    }
}

/// <summary>What a command came to.</summary>
/// <param name="Answer">The events, or the refusal.</param>
/// <param name="After">The aggregate with those events behind it.</param>
public sealed record Decision<TState, TEvent>(Result<Events<TEvent>> Answer, Situation<TState, TEvent> After)
    where TEvent : class
{
    /// <summary>The state after it.</summary>
    public TState State => After.State;

    /// <summary>Exactly these events, compared as they are stored; none named: nothing happens.</summary>
    public Decision<TState, TEvent> Then(params ReadOnlySpan<TEvent> expected)
    {
        var (wanted, got) = (Say(expected), Answer.Ok ? Say(Answer.Value.Items.AsSpan()) : $"refused {Answer.Refusal}");
        return wanted == got ? this : throw new SpecificationException($"Expected:\n{wanted}\nbut:\n{got}");
    }

    /// <summary>A refusal with this code.</summary>
    public Decision<TState, TEvent> ThenRefused(string code) => Answer.Refusal?.Code == code
        ? this
        : throw new SpecificationException($"Expected a refusal {code}\nbut:\n{(Answer.Ok ? Say(Answer.Value.Items.AsSpan()) : Answer.Refusal)}");

    /// <summary>This refusal, down to the places it names.</summary>
    public Decision<TState, TEvent> ThenRefused(Refusal expected) => Write(Answer.Refusal) == Write(expected)
        ? this
        : throw new SpecificationException($"Expected:\n{Write(expected)}\nbut:\n{(Answer.Ok ? Say(Answer.Value.Items.AsSpan()) : Write(Answer.Refusal))}");

    private static string Say(ReadOnlySpan<TEvent> events)
    {
        var lines = new List<string>();
        foreach (var e in events) lines.Add($"  {e.GetType().Name} {Write(e)}");
        return lines.Count == 0 ? "  nothing happens" : string.Join('\n', lines);
    }

    private static string Write(object? value) => value is null ? "nothing" : JsonSerializer.Serialize(value, value.GetType(), EventTypes.Json);
}

/// <summary>A rule does not hold.</summary>
public sealed class SpecificationException(string message) : Exception(message);
