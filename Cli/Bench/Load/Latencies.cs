using System.Numerics;

namespace Commerce.Cli.Bench.Load;

/// <summary>
/// How long answers took. A bucket is 1/64 of its value wide, so a percentile is right to 1.6 %; adding costs no memory and no lock. Beyond 17 minutes all is the last bucket.
/// </summary>
internal sealed class Latencies
{
    private const int SubBits = 6, Sub = 1 << SubBits, Powers = 30;

    private readonly long[] _buckets = new long[(Powers - SubBits + 1) * Sub];

    public long Count { get; private set; }

    public void Add(long microseconds)
    {
        _buckets[BucketOf(microseconds)]++;
        Count++;
    }

    /// <summary>Milliseconds within which so large a part of the answers came; 0 when there were none.</summary>
    public double Percentile(double part)
    {
        if (Count == 0) return 0;
        var wanted = Math.Max(1, (long)Math.Ceiling(part * Count));
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted) return UpperEnd(i) / 1000.0;
        }

        return UpperEnd(_buckets.Length - 1) / 1000.0;
    }

    public void Add(Latencies other)
    {
        for (var i = 0; i < _buckets.Length; i++) _buckets[i] += other._buckets[i];
        Count += other.Count;
    }

    private static int BucketOf(long value)
    {
        if (value < Sub) return (int)Math.Max(0, value);
        var power = BitOperations.Log2((ulong)value);
        if (power >= Powers) return ((Powers - SubBits + 1) * Sub) - 1;
        return ((power - SubBits + 1) * Sub) + (int)((value >> (power - SubBits)) - Sub);
    }

    private static long UpperEnd(int bucket)
    {
        if (bucket < Sub) return bucket;
        var shift = (bucket / Sub) - 1;
        return (((long)(bucket % Sub) + Sub + 1) << shift) - 1;
    }
}
