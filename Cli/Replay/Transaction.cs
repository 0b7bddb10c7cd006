using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>What a line of the file is. Every line falls in exactly one class.</summary>
internal enum TransactionKind
{
    /// <summary>Goods left for money.</summary>
    Sale,

    /// <summary>Goods came back and their money went back.</summary>
    Refund,

    /// <summary>Stock moved without money.</summary>
    Adjustment,

    /// <summary>Nothing a shop could do; it is listed in the report.</summary>
    Skipped,
}

/// <summary>A line of the file.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Ordinal">Where it stands among the lines of its invoice, from 1: with the invoice it names the line for ever.</param>
internal sealed record Transaction(
    int Line, string Invoice, int Ordinal, Sku Sku, string Description, int Quantity, DateTimeOffset At, decimal Price, CustomerId? Customer, string Country)
{
    /// <summary>An invoice starting with C is a credit note.</summary>
    public bool IsCredit => Invoice.StartsWith('C');

    public TransactionKind Kind =>
        Price < 0 ? TransactionKind.Skipped
        : Quantity == 0 ? TransactionKind.Skipped
        : Price == 0 ? TransactionKind.Adjustment
        : IsCredit ? TransactionKind.Refund
        : Quantity < 0 ? TransactionKind.Adjustment
        : TransactionKind.Sale;

    public UnitPrice UnitPrice => new(Price, Currency.GBP);

    /// <summary>Units, whichever way they went.</summary>
    public int Units => Math.Abs(Quantity);
}

/// <summary>The whole file, read and checked.</summary>
/// <param name="Name">What it is called when something in it is wrong.</param>
/// <param name="Digest">SHA-256 of its bytes, 16 hex digits: what its opening stock and opening orders are named by.</param>
/// <param name="Lines">Its lines in file order.</param>
internal sealed record TransactionFile(string Name, string Digest, IReadOnlyList<Transaction> Lines);

/// <summary>The file cannot be imported: where and why.</summary>
internal sealed class BrokenFileException(string file, int line, string reason)
    : Exception(line > 0 ? $"{file}, line {line}: {reason}" : $"{file}: {reason}")
{
    public int Line { get; } = line;

    public string Reason { get; } = reason;
}
