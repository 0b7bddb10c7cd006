namespace Commerce.Cli.Bench.Load;

/// <summary>What an answer means to the one who asked.</summary>
internal enum Verdict
{
    /// <summary>As expected, and what is counted goes on.</summary>
    Step,

    /// <summary>As expected, and one more of what is counted is done.</summary>
    Done,

    /// <summary>Refused, as this scenario wants it.</summary>
    Refused,

    /// <summary>An error; the visitor begins anew.</summary>
    Failed,
}

/// <summary>Who uses one connection: says what to ask next and looks at the answer. One thread calls all visitors, so they may share what they like.</summary>
internal abstract class Visitor
{
    /// <summary>Whether the next request begins something that is counted; in between, a visitor is not kept waiting for its turn.</summary>
    public virtual bool Begins => true;

    /// <summary>What kind of thing it is doing, where several are counted apart.</summary>
    public virtual string? Kind => null;

    /// <summary>Writes the next request; 0 when there is nothing more to do.</summary>
    public abstract int Ask(Span<byte> into);

    public abstract Verdict Heard(int status, ReadOnlySpan<byte> body);

    /// <summary>The connection broke: nobody knows what came of the last request.</summary>
    public virtual void Lost()
    {
    }
}
