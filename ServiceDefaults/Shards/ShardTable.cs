namespace Commerce.ServiceDefaults.Shards;

/// <summary>Which silo each shard of a kind belongs to, by rendezvous hashing: a silo that comes takes its share from all others, one that goes leaves its share to all of them, and nothing else moves.</summary>
internal sealed class ShardTable
{
    /// <summary>A power of two, so large that each of a hundred silos has its share to within a fifth (three deviations of 164 shards are 38).</summary>
    private const int Count = 16_384;

    private readonly SiloAddress[] _hosts;
    private readonly SiloAddress[] _owners;
    private readonly long[] _since;

    private ShardTable(SiloAddress[] hosts, SiloAddress[] owners, long[] since) => (_hosts, _owners, _since) = (hosts, owners, since);

    /// <summary>All shards dealt out for the first time.</summary>
    /// <param name="hosts">Whom to, in order.</param>
    /// <param name="version">The version of the map they are dealt in.</param>
    public static ShardTable Dealt(SiloAddress[] hosts, long version)
    {
        var since = new long[Count];
        Array.Fill(since, version);
        return new ShardTable(hosts, Deal(hosts), since);
    }

    /// <summary>The same shards among others.</summary>
    public ShardTable Among(SiloAddress[] hosts, long version)
    {
        if (hosts.AsSpan().SequenceEqual(_hosts)) return this;
        var owners = Deal(hosts);
        return new ShardTable(hosts, owners, [.. _since.Select((since, shard) => owners[shard].Equals(_owners[shard]) ? since : version)]);
    }

    /// <summary>Whose a grain is.</summary>
    public SiloAddress Of(GrainId grain) => _owners[ShardOf(grain)];

    /// <summary>Since which version of the map.</summary>
    public long Since(GrainId grain) => _since[ShardOf(grain)];

    // By the key alone: an order and its payment share one, and so a silo.
    private static int ShardOf(GrainId grain) => (int)(grain.Key.GetUniformHashCode() & (Count - 1));

    private static SiloAddress[] Deal(SiloAddress[] hosts)
    {
        var seeds = Array.ConvertAll(hosts, static host => Mixed((uint)host.GetConsistentHashCode()));
        var owners = new SiloAddress[Count];
        for (var shard = 0; shard < Count; shard++)
        {
            var (best, highest) = (0, 0UL);
            for (var host = 0; host < hosts.Length; host++)
            {
                if (Mixed(seeds[host] + (ulong)shard) is var score && score > highest) (best, highest) = (host, score);
            }

            owners[shard] = hosts[best];
        }

        return owners;
    }

    // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    private static ulong Mixed(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
