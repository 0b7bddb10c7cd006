using Commerce.Cli.Output;
using Commerce.Kernel;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>What faults are drawn from beside the seed.</summary>
/// <param name="Silos">Silos at the start.</param>
/// <param name="DatabaseAway">Seconds without PostgreSQL (F8); null: drawn.</param>
/// <param name="BrokerAway">Seconds without a broker from the start (F15).</param>
/// <param name="ProviderAway">Seconds without the payment provider (F22).</param>
/// <param name="OldBuild">The folder of an older build (F25).</param>
internal sealed record Circumstances(int Silos, int? DatabaseAway, int BrokerAway, int ProviderAway, string? OldBuild);

/// <summary>All faults this laboratory can produce, and how each is drawn.</summary>
internal static class Catalogue
{
    private static readonly Dictionary<string, Func<Random, Circumstances, Fault>> Faults = new(StringComparer.OrdinalIgnoreCase)
    {
        ["F1"] = (chance, given) => new CrashAtPoint("F1", null, Silo(chance, given), Pick(chance, [CrashPoint.BeforeAppend, CrashPoint.AfterAppend, CrashPoint.AfterProvider, CrashPoint.AfterPublish]), "*", chance.Next(1, 8)),
        ["F2"] = (chance, given) => new Freeze("F2", null, Silo(chance, given)),
        ["F3"] = (_, _) => new RollingRestart(),
        ["F4"] = (_, _) => new Elastic(),
        ["F5"] = (chance, given) => Silo(chance, given) is var from ? new OneWayPartition(from, (from % given.Silos) + 1) : null!,
        ["F6"] = (chance, given) => new Minority(Silo(chance, given)),
        ["F7"] = (chance, _) => new PacketLoss(chance.Next()),
        ["F8"] = (chance, given) => chance.Next(0, 4) is var drawn ? new KillDatabase(given.DatabaseAway ?? drawn) : null!,
        ["F9"] = (_, _) => new FreezeDatabase(),
        ["F10"] = (chance, _) => new CutAfterCommit(chance.Next(2, 5)),
        [DiskFull.Name] = (_, _) => new DiskFull(),
        ["F12"] = (chance, _) => new PoolExhausted(Pick(chance, ["order", "inventory", "cart"])),
        ["F13"] = (chance, _) => new HotSku(1_000, 100, chance.Next(1_000_000)),
        ["F14"] = (chance, _) => new KillBroker(chance.Next(1, 6)),
        ["F15"] = (_, given) => new NoBrokerFromTheStart(given.BrokerAway),
        ["F16"] = (_, _) => new MemoryAlarm(),
        ["F17"] = (chance, _) => new ConfirmLost(chance.Next(2, 5)),
        ["F18"] = (chance, given) => new CrashAtPoint("F18", "analytics-1", 0, CrashPoint.AfterApply, Pick(chance, ["order", "inventory"]), chance.Next(1, 6)),
        ["F19"] = (_, _) => new Poison(),
        ["F20"] = (chance, _) => new Redelivery(10_000, chance.Next()),
        ["F21"] = (chance, _) => new ProviderFaults(36, chance.Next(1_000_000)),
        ["F22"] = (chance, given) => new ProviderAway(given.ProviderAway, Pick(chance, Enum.GetValues<Absence>())),
        ["F23"] = (chance, given) => new WrongClock(Silo(chance, given), Pick(chance, [-90, -20, 20, 90])),
        ["F25"] = (chance, given) => new OtherBuild(Silo(chance, given), given.OldBuild),
        ["F26"] = (chance, _) => new OneKeyForMany(chance.Next(1_000_000)),
        ["F27"] = (chance, given) => new StopWithoutDatabase(Silo(chance, given)),
        ["F28"] = (_, _) => new PowerLoss(),
        ["F29"] = (_, _) => new Freeze("F29", "analytics-1", 0),
    };

    public static IReadOnlyList<string> Ids { get; } = [.. Faults.Keys];

    /// <summary>The faults named, as <c>F1,F8</c>; all when none is.</summary>
    public static IReadOnlyList<string> Chosen(string? names)
    {
        if (string.IsNullOrWhiteSpace(names)) return Ids;
        List<string> chosen = [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => name.ToUpperInvariant()).Distinct()];
        if (chosen.Count == 0) throw new UsageException($"'{names}' names no fault; the laboratory has {string.Join(", ", Ids)}.");
        return chosen.Except(Ids).FirstOrDefault() is { } unknown ? throw new UsageException($"'{unknown}' is not a fault of the laboratory; it has {string.Join(", ", Ids)}.") : chosen;
    }

    public static Fault Draw(string id, Random chance, Circumstances given) => Faults[id](chance, given);

    private static int Silo(Random chance, Circumstances given) => chance.Next(given.Silos) + 1;

    private static T Pick<T>(Random chance, T[] from) => from[chance.Next(from.Length)];
}

/// <summary>The nemesis: which faults come, in which order, with all particulars. The same seed makes the same plan.</summary>
internal static class Plan
{
    /// <summary>Passes over the chosen faults, each in an order of its own. A broker that is absent from the start comes first.</summary>
    public static IEnumerable<Fault> Of(int seed, IReadOnlyList<string> chosen, Circumstances given)
    {
        var chance = new Random(seed);
        for (var pass = 1; ; pass++)
        {
            var order = chosen.Where(id => id != "F15" || pass == 1).ToArray();
            chance.Shuffle(order);
            foreach (var id in order.OrderByDescending(id => id == "F15")) yield return Catalogue.Draw(id, chance, given);
            if (order.Length == 0) yield break;
        }
    }
}
