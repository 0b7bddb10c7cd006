using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>How far confirmed orders are settled. Invariant: every order confirmed at or before <see cref="Position"/> of the orders' feed is, and it only rises.</summary>
/// <param name="Position">Position in the orders' feed.</param>
public sealed record Settlement(long Position)
{
    public static readonly Settlement None = new(0);

    /// <summary>So far nothing is open any more.</summary>
    public Result<Events<SettlementEvent>> Reach(long position) =>
        position > Position ? Events.Of<SettlementEvent>(new SettlementReached(position)) : Events<SettlementEvent>.None;

    public Settlement Evolve(SettlementEvent e) => e switch
    {
        SettlementReached x => this with { Position = x.Position },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };
}
