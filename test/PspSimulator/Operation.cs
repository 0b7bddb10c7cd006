namespace Commerce.PspSimulator;

/// <summary>What can be done with money here. A charge-back is done to the merchant, by the shopper's bank.</summary>
public enum Kind { Authorise, Capture, Void, Refund, ChargeBack }

/// <summary>How far an operation has come; pending while the shopper is on the page.</summary>
public enum State { Pending, Succeeded, Declined }

/// <summary>What is asked for.</summary>
/// <param name="Key">The merchant's key: one operation per key.</param>
/// <param name="Account">Groups the operations of one payment.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Token">The payment method; null with a page.</param>
/// <param name="Authorisation">Key of the authorisation it builds on.</param>
/// <param name="ReturnTo">With it, the shopper pays on a page and is sent back there.</param>
/// <param name="Until">When that page closes.</param>
public sealed record Asked(
    string Key, string Account, Kind Kind, long Amount, string Currency, string? Token = null, string? Authorisation = null, string? ReturnTo = null, DateTimeOffset? Until = null);

/// <summary>An operation in the ledger.</summary>
/// <param name="Number">Its place in the ledger.</param>
/// <param name="Answered">What it came to, in minor units.</param>
/// <param name="Code">Why it was declined.</param>
/// <param name="Session">Name of its page.</param>
/// <param name="Dialect">The interface it came by: <c>native</c> or <c>stripe</c>.</param>
/// <param name="At">When it was decided.</param>
public sealed record Operation(
    long Number, Asked Asked, State State, long Answered, string? Code, string? Brand, string? Last4, string? Session, string Dialect, DateTimeOffset At)
{
    public string Key => Asked.Key;

    public string Reference => $"sim-{Number}";
}

/// <summary>What an authorisation has come to, with all that builds on it.</summary>
/// <param name="Held">Authorised.</param>
/// <param name="Voided">Whether it was let go of.</param>
/// <param name="Lapsed">Whether its time is over.</param>
public sealed record Balance(Operation? Authorisation, long Held, long Captured, long Refunded, long ChargedBack, bool Voided, bool Lapsed)
{
    public long Capturable => Voided || Lapsed ? 0 : Held - Captured;

    public long Refundable => Captured - Refunded - ChargedBack;
}
