using System.Security.Cryptography;
using System.Text;

namespace Commerce.Analytics.ReadModels;

/// <summary>A digest of rows that does not depend on their order: the SHA-256 of every row, combined by exclusive or. Rows of a table are distinct, so none cancels another.</summary>
internal sealed class Checksum
{
    private readonly byte[] _sum = new byte[SHA256.HashSizeInBytes];
    private long _rows;

    public static string Of(IEnumerable<string> rows)
    {
        var sum = new Checksum();
        foreach (var row in rows) sum.Add(row);
        return sum.ToString();
    }

    public static async Task<string> Of(IAsyncEnumerable<string> rows)
    {
        var sum = new Checksum();
        await foreach (var row in rows) sum.Add(row);
        return sum.ToString();
    }

    public void Add(string row)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(row), hash);
        for (var i = 0; i < hash.Length; i++) _sum[i] ^= hash[i];
        _rows++;
    }

    /// <summary>Number of rows and digest: <c>1559:9f2c…</c>.</summary>
    public override string ToString() => $"{_rows}:{Convert.ToHexStringLower(_sum)}";
}
