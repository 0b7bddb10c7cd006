using Commerce.Kernel;
using Microsoft.Extensions.Caching.Memory;

namespace Commerce.Gateway.Requests;

/// <summary>
/// The keys this gateway has lately seen succeed, with what was asked under them. The journal of the addressed resource is the truth about a key; this
/// catches the mistake a journal cannot see, the same key for another resource that only the body names: another cart, another SKU.
/// </summary>
public sealed class RecentKeys(TimeProvider time) : IDisposable
{
    /// <summary>Keys remembered: some 300 bytes each.</summary>
    private const int Most = 50_000;

    /// <summary>A client repeats within minutes; a key that is older is the journal's business alone.</summary>
    private static readonly TimeSpan For = TimeSpan.FromDays(1);

    private readonly MemoryCache _seen = new(new MemoryCacheOptions { SizeLimit = Most, Clock = new Clock(time) });

    /// <summary>What a key stands for: the digest of the request that succeeded under it; null when none did.</summary>
    public string? Find(string scope, PathString path, string key) => _seen.TryGetValue((scope, path, key), out var digest) ? (string?)digest : null;

    /// <summary>The request under this key has succeeded.</summary>
    public void Remember(string scope, PathString path, CommandKey key) =>
        _seen.Set((scope, path, key.Id), key.Digest, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = For });

    /// <inheritdoc/>
    public void Dispose() => _seen.Dispose();

    private sealed class Clock(TimeProvider time) : Microsoft.Extensions.Internal.ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
