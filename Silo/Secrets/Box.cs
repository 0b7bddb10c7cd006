using System.Security.Cryptography;
using System.Text;

namespace Commerce.Silo.Secrets;

/// <summary>AES-256-GCM: nonce, ciphertext and tag in a row. What it is about is authenticated with it, so that no box opens in another's place.</summary>
internal static class Box
{
    private static readonly int Nonce = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int Tag = AesGcm.TagByteSizes.MaxSize;

    public static byte[] Seal(byte[] key, string about, ReadOnlySpan<byte> plain)
    {
        var box = new byte[Nonce + plain.Length + Tag];
        RandomNumberGenerator.Fill(box.AsSpan(0, Nonce));
        using var aes = new AesGcm(key, Tag);
        aes.Encrypt(box.AsSpan(0, Nonce), plain, box.AsSpan(Nonce, plain.Length), box.AsSpan(Nonce + plain.Length), Encoding.UTF8.GetBytes(about));
        return box;
    }

    /// <exception cref="CryptographicException">Another key, another subject, or a changed box.</exception>
    public static byte[] Open(byte[] key, string about, ReadOnlySpan<byte> box)
    {
        if (box.Length < Nonce + Tag) throw new CryptographicException("The box is too short.");
        var plain = new byte[box.Length - Nonce - Tag];
        using var aes = new AesGcm(key, Tag);
        aes.Decrypt(box[..Nonce], box.Slice(Nonce, plain.Length), box[(Nonce + plain.Length)..], plain, Encoding.UTF8.GetBytes(about));
        return plain;
    }
}
