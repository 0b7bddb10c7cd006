using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Commerce.Carts;
using Commerce.Kernel;

namespace Commerce.Cli.Replay;

/// <summary>Reads a file of transactions, strictly: the first line that is not as it should be is named, and nothing is imported.</summary>
internal static class TransactionReader
{
    /// <summary>The columns, in whatever order the file has them.</summary>
    private static readonly string[] Columns = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];

    private static readonly string[] Dates =
        ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mmZ"];

    /// <summary>The last day of all: no question about figures can end after it.</summary>
    private static readonly DateTimeOffset End = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A price is kept with at most this many decimals (Grains.Abstractions, UnitPrice).</summary>
    private const int MaxDecimals = 6;

    /// <summary>Dearest unit in pounds: the dearest a product may be.</summary>
    private const decimal MaxPrice = 1_000_000_000m;

    public static TransactionFile Read(string path) => Read(Path.GetFileName(path), File.ReadAllBytes(path));

    public static TransactionFile Read(string name, byte[] bytes)
    {
        var text = Decode(name, bytes);
        var lines = new List<Transaction>();
        var ordinals = new Dictionary<string, int>(StringComparer.Ordinal);
        int[]? places = null;
        var width = 0;
        foreach (var record in CsvRecords.Read(text, (line, reason) => new BrokenFileException(name, line, reason)))
        {
            if (places is null)
            {
                places = PlacesOf(name, record.Line, record.Fields);
                width = record.Fields.Length;
                continue;
            }

            if (record.Fields.Length != width) throw new BrokenFileException(name, record.Line, $"{width} fields expected, {record.Fields.Length} found.");
            lines.Add(Parse(name, record.Line, column => record.Fields[places[column]].Trim(), ordinals));
        }

        if (places is null) throw new BrokenFileException(name, 0, $"the file is empty; it begins with a line of column names: {string.Join(',', Columns)}.");
        if (lines.Count == 0) throw new BrokenFileException(name, 0, "the file holds no transaction.");
        return new TransactionFile(name, Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8)), lines);
    }

    private static int[] PlacesOf(string name, int line, string[] header)
    {
        var missing = Columns.Where(column => !header.Any(field => Same(field, column))).ToList();
        if (missing.Count > 0) throw new BrokenFileException(name, line, $"column {string.Join(", ", missing)} is missing.");
        return [.. Columns.Select(column => Array.FindIndex(header, field => Same(field, column)))];

        static bool Same(string field, string column) => field.Trim().Equals(column, StringComparison.OrdinalIgnoreCase);
    }

    private static Transaction Parse(string name, int line, Func<int, string> field, Dictionary<string, int> ordinals)
    {
        var invoice = field(0).ToUpperInvariant();
        if (invoice.Length is 0 or > 32 || invoice.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not '-' and not '_'))
            throw Broken($"InvoiceNo '{field(0)}' is not 1 to 32 letters and digits.");
        if (!Sku.TryParse(field(1), out var sku)) throw Broken($"StockCode '{field(1)}' is not {Sku.Form}.");
        if (!int.TryParse(field(3), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var quantity))
            throw Broken($"Quantity '{field(3)}' is not a whole number.");
        if (quantity is > CartErrors.MaxQuantity or < -CartErrors.MaxQuantity) throw Broken($"Quantity {quantity} is beyond {CartErrors.MaxQuantity} units.");
        if (!DateTimeOffset.TryParseExact(field(4), Dates, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
            throw Broken($"InvoiceDate '{field(4)}' is not a time such as 2010-12-01 08:26:00.");
        if (at <= ReplayPlan.OpeningDay) throw Broken($"InvoiceDate '{field(4)}' is not after {ReplayPlan.OpeningDay:yyyy-MM-dd}, the day of opening orders.");
        if (at >= End) throw Broken($"InvoiceDate '{field(4)}' is on no day that another one follows.");
        if (!decimal.TryParse(field(5), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price))
            throw Broken($"UnitPrice '{field(5)}' is not a number such as 2.55.");
        if (price != Math.Round(price, MaxDecimals) || Math.Abs(price) > MaxPrice)
            throw Broken($"UnitPrice '{field(5)}' has more than {MaxDecimals} decimals or is beyond {MaxPrice}.");

        // Spreadsheets write whole numbers as 17850.0.
        var customer = field(6).EndsWith(".0", StringComparison.Ordinal) ? field(6)[..^2] : field(6);
        var known = CustomerId.TryParse(customer, out var id);
        if (customer.Length > 0 && !known) throw Broken($"CustomerID '{field(6)}' is not 1 to 64 letters and digits.");

        var ordinal = ordinals.GetValueOrDefault(invoice) + 1;
        ordinals[invoice] = ordinal;
        return new Transaction(line, invoice, ordinal, sku, field(2), quantity, at, price, known ? id : null, field(7));

        BrokenFileException Broken(string reason) => new(name, line, reason);
    }

    private static string Decode(string name, byte[] bytes)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]) throw new BrokenFileException(name, 1, "the file is UTF-16; save it as UTF-8.");
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
            var zero = text.IndexOf('\0', StringComparison.Ordinal);
            if (zero >= 0) throw new BrokenFileException(name, 1 + text.AsSpan(0, zero).Count('\n'), "the file is not text in UTF-8; save it as UTF-8.");
            return text;
        }
        catch (DecoderFallbackException e)
        {
            throw new BrokenFileException(
                name, 1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n'), "a byte that is not UTF-8; save the file as UTF-8.");
        }
    }
}
