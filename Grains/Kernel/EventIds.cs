using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Commerce.Kernel;

/// <summary>
/// Ids of events: UUIDs of version 7 (RFC 9562), milliseconds since 1970 and 74 random bits. The system's randomness is fetched for 256 of them at a time, since asking
/// for each took a fiftieth of a busy silo's time.
/// </summary>
internal static class EventIds
{
    private const int Each = 10, Ahead = 256 * Each;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _left;

    public static Guid Next(DateTimeOffset now)
    {
        var random = _random ??= new byte[Ahead];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(random);
            _left = Ahead;
        }

        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, now.ToUnixTimeMilliseconds() << 16);
        random.AsSpan(Ahead - _left, Each).CopyTo(id[6..]);
        _left -= Each;
        (id[6], id[8]) = ((byte)((id[6] & 0x0f) | 0x70), (byte)((id[8] & 0x3f) | 0x80));
        return new Guid(id, bigEndian: true);
    }
}
