using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Commerce.Gateway.Carts;
using Commerce.Kernel;

namespace Commerce.Gateway.Composition;

/// <summary>What only this shop can compute: order tokens, and cart ids from idempotency keys. The key stays in <c>secrets/gateway.key</c>, mode 600.</summary>
public sealed class Secrets
{
    private const int KeyBytes = 32;
    private readonly byte[] _key;
    private readonly byte[] _operatorDigest;

    private Secrets(byte[] key, string operatorToken) =>
        (_key, _operatorDigest) = (key, SHA256.HashData(Encoding.UTF8.GetBytes(operatorToken)));

    /// <summary>Reads the key, or makes it.</summary>
    public static Secrets Load(GatewayOptions options)
    {
        var folder = Directory.CreateDirectory(options.SecretsDir).FullName;
        var file = Path.Combine(folder, "gateway.key");
        if (!File.Exists(file)) Create(file);
        var key = Convert.FromHexString(File.ReadAllText(file).Trim());
        return key.Length == KeyBytes ? new Secrets(key, options.OperatorToken) : throw new InvalidDataException($"{file} is not a key; restore it from a backup.");
    }

    /// <summary>Whether this is the operator's token, in constant time.</summary>
    public bool IsOperator(string token) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), _operatorDigest);

    /// <summary>The token that opens one order. It names the order, so that a token for another order can be told from an invented one.</summary>
    public string OrderToken(OrderId order) => $"{order}.{Sign("order:" + order)}";

    /// <summary>The order a token opens; null when we never gave it out.</summary>
    public OrderId? OrderOf(string token) =>
        token.LastIndexOf('.') is > 0 and var dot && OrderId.TryParse(token[..dot], out var order)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(OrderToken(order)))
            ? order
            : null;

    /// <summary>The key that opens an order's page for paying, and where that page passes shoppers on to.</summary>
    public string PageKey(OrderId order, string? then) => Sign($"pay:{order}:{then}");

    /// <summary>Whether this is that key, in constant time.</summary>
    public bool IsPageKey(OrderId order, string? then, string key) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(PageKey(order, then)));

    /// <summary>The cart an idempotency key stands for: the same key finds the same cart, also after a restart.</summary>
    public CartAddress CartOf(string scope, string key) => CartAddress.Of(Mac($"cart-id:{scope}:{key}"));

    /// <summary>The id of the cart it stood for before ids were kept out of the journal (ADR 0035).</summary>
    public string OldCartOf(string scope, string key) => Sign($"cart:{scope}:{key}");

    private string Sign(string text) => Base64Url.EncodeToString(Mac(text));

    private byte[] Mac(string text) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text));

    private static void Create(string file)
    {
        var fresh = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(fresh, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes))));
            stream.Flush(flushToDisk: true);
        }

        // A process killed half-way leaves no half a key behind, and a second process never replaces the first one's.
        try { File.Move(fresh, file, overwrite: false); }
        catch (IOException) when (File.Exists(file)) { File.Delete(fresh); }
    }
}
