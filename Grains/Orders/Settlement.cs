using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Orders;

/// <summary>How far confirmed orders are settled. Invariant: every order confirmed at or before <see cref="Position"/> of the orders' feed, as it was in that epoch, is; and it only rises.</summary>
/// <param name="Position">Position in the orders' feed.</param>
/// <param name="Epoch">The epoch of the feed; null when it was not written down.</param>
public sealed record Settlement(long Position, string? Epoch = null)
{
    public static readonly Settlement None = new(0);

    /// <summary>More events than a standby that takes over has missed: some seconds of a busy shop.</summary>
    internal const int MostLost = 5_000;

    /// <summary>So far nothing is open any more.</summary>
    public Result<Events<SettlementEvent>> Reach(long position, string epoch) =>
        position > Position ? Events.Of<SettlementEvent>(new SettlementReached(position, epoch)) : Events<SettlementEvent>.None;

    /// <summary>What follows is not known to be settled. In another epoch the last events that were counted may have been lost, and others may have got their positions.</summary>
    public long Until(string epoch) => Epoch is null || Epoch == epoch ? Position : Math.Max(0, Position - MostLost);

    public Settlement Evolve(SettlementEvent e) => e switch
    {
        SettlementReached x => this with { Position = x.Position, Epoch = x.Epoch },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };
}
