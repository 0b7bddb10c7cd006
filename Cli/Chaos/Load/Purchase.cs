using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Commerce.Cli.Chaos.Load;

/// <summary>What a shopper wants of a SKU.</summary>
internal readonly record struct Wish(string Sku, int Quantity);

/// <summary>One checkout as its shopper saw it.</summary>
/// <param name="Number">Which shopper.</param>
/// <param name="Wishes">What is bought.</param>
/// <param name="Token">How it is paid; null for not at once.</param>
internal sealed record Purchase(int Number, ImmutableArray<Wish> Wishes, string? Token)
{
    /// <summary>When it was asked for, on the history's clock.</summary>
    public long Asked { get; set; }

    /// <summary>When it was known what became of it; null while it is not.</summary>
    public long? Known { get; set; }

    public string? OrderId { get; set; }

    public string? OrderToken { get; set; }

    /// <summary>All orders any try under its key was answered with: there must be one.</summary>
    public ConcurrentDictionary<string, bool> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>The status it was acknowledged with: what was promised then must hold for ever.</summary>
    public string? Acknowledged { get; set; }

    /// <summary>The code of a refusal.</summary>
    public string? Refused { get; set; }

    /// <summary>When its cancellation was asked for.</summary>
    public long? CancelAsked { get; set; }

    /// <summary>When it was known to be cancelled.</summary>
    public long? CancelKnown { get; set; }

    /// <summary>Where it stood when all was quiet.</summary>
    public string? Final { get; set; }

    /// <summary>The code it ended with.</summary>
    public string? FinalCode { get; set; }
}

/// <summary>Units of a SKU that were seen to be available.</summary>
internal readonly record struct Reading(string Sku, int Available, long Asked, long Known);

/// <summary>Units that a crowd came for.</summary>
internal readonly record struct Delivery(string Sku, int Units);
