using System.Collections.Immutable;

namespace Commerce.Kernel;

/// <summary>What a decision wants to have happened: some events, or none when all is as asked already.</summary>
/// <typeparam name="T">The aggregate's events.</typeparam>
public readonly record struct Events<T>(ImmutableArray<T> Items)
{
    /// <summary>Nothing has to happen.</summary>
    public static readonly Events<T> None = new([]);

    /// <summary>When it happened in the world; null for now. Only imports say otherwise.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>The command these events are recorded under when the state, not the caller, decides it; unique per stream.</summary>
    public CommandKey Command { get; init; }

    /// <summary>The same events, recorded under a command.</summary>
    public Events<T> Under(CommandKey command) => this with { Command = command };

    /// <summary>The same events, dated.</summary>
    public Events<T> At(DateTimeOffset? occurredAt) => this with { OccurredAt = occurredAt };
}

/// <summary>Makes <see cref="Events{T}"/>.</summary>
public static class Events
{
    /// <summary>These, in this order.</summary>
    public static Events<T> Of<T>(params ReadOnlySpan<T> events) => new([.. events]);
}
