using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Commerce.Gateway.Payments;

/// <summary>What a signature says of a message.</summary>
public enum Seal
{
    /// <summary>It is from whoever holds the secret, and new.</summary>
    True,

    /// <summary>It is not from whoever holds the secret, or says nothing.</summary>
    Forged,

    /// <summary>It is theirs, and too old or ahead of time: somebody may have kept it.</summary>
    Stale,
}

/// <summary>
/// Stripe's scheme, which the simulator speaks, too: <c>t=1700000000,v1=…</c>, an HMAC-SHA256 in hexadecimal of the time, a dot and the body. There may be several <c>v1</c> while a secret is
/// changed.
/// </summary>
public static class HookSignature
{
    /// <summary>How far a message's time may be from ours (Stripe's own default).</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Looks at a message.</summary>
    /// <param name="header">The signature header.</param>
    /// <param name="body">The body, byte for byte.</param>
    /// <param name="secret">What it is signed with.</param>
    /// <param name="now">The machine's time: a clock that is set for a test does not change when a message was signed.</param>
    public static Seal Check(string? header, ReadOnlySpan<byte> body, string secret, DateTimeOffset now)
    {
        var parts = (header ?? "").Split(',', StringSplitOptions.TrimEntries).Select(part => part.Split('=', 2)).Where(part => part.Length == 2).ToList();
        if (parts.FirstOrDefault(part => part[0] == "t")?[1] is not { Length: <= 12 } at || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return Seal.Forged;

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{at}."), .. body];
        var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)));
        if (!parts.Any(part => part[0] == "v1" && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(part[1]), expected))) return Seal.Forged;
        return Math.Abs(now.ToUnixTimeSeconds() - seconds) <= Tolerance.TotalSeconds ? Seal.True : Seal.Stale;
    }
}
