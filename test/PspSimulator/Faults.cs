using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Commerce.PspSimulator;

/// <summary>A fault that is to happen.</summary>
/// <param name="Do">
/// To a request: <c>timeout-before</c>, <c>timeout-after</c>, <c>error-before</c>, <c>error-after</c>, <c>reset-after</c> (the connection is cut instead of an answer). To a message:
/// <c>hook-lost</c>, <c>hook-twice</c>, <c>hook-late</c>, <c>hook-early</c> (before the answer of the request), <c>hook-after-next</c>, <c>hook-forged</c> (beside the true one).
/// </param>
/// <param name="On">Only to this kind of operation: <c>capture</c>; null: to all.</param>
/// <param name="Key">Only to the operation with this key; null: to all.</param>
/// <param name="Chance">How often, 0 to 1.</param>
/// <param name="Times">How often at most; null: for ever.</param>
/// <param name="Seconds">How late, for <c>hook-late</c>.</param>
public sealed record Fault(string Do, string? On = null, string? Key = null, double Chance = 1, int? Times = null, int Seconds = 60);

/// <summary>What <c>PUT /control</c> takes and <c>GET /control</c> shows.</summary>
/// <param name="Seed">The same seed throws the same dice.</param>
/// <param name="Outage">Nothing is answered and no message is sent until it is over.</param>
/// <param name="Faults">The faults.</param>
public sealed record Plan(int Seed = 0, bool Outage = false, IReadOnlyList<Fault>? Faults = null)
{
    public static readonly IReadOnlyList<string> Known =
    [
        "timeout-before", "timeout-after", "error-before", "error-after", "reset-after", "hook-lost", "hook-twice", "hook-late", "hook-early", "hook-after-next", "hook-forged",
    ];
}

/// <summary>Throws the dice of the plan. It is kept in the ledger; how often a key was asked is not, so a restart begins the dice of each key anew.</summary>
public sealed class Faults(Ledger ledger)
{
    private const string Setting = "plan";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _hits = new(StringComparer.Ordinal);

    public Plan Plan => ledger.Do(books => Read(books));

    /// <summary>How often each fault has happened since the start.</summary>
    public IReadOnlyDictionary<string, int> Hits => _hits;

    public void Follow(Plan plan) => ledger.Do(books => Write(books, plan));

    /// <summary>The first fault of the plan that hits; one that has happened often enough is taken out.</summary>
    public Fault? Hit(Ledger books, IReadOnlyList<string> among, string kind, string key)
    {
        var plan = Read(books);
        var times = _asked.AddOrUpdate($"{among[0]} {key}", 1, static (_, before) => before + 1);
        foreach (var (index, fault) in (plan.Faults ?? []).Index())
        {
            if (!among.Contains(fault.Do) || fault.Times is <= 0) continue;
            if (fault.On is { } on && !on.Equals(kind, StringComparison.OrdinalIgnoreCase)) continue;
            if (fault.Key is { } only && only != key) continue;
            if (fault.Chance < 1 && Dice(plan.Seed, $"{index} {fault.Do} {key} {times}") >= fault.Chance) continue;

            _hits.AddOrUpdate(fault.Do, 1, static (_, before) => before + 1);
            if (fault.Times is { } left) Write(books, plan with { Faults = [.. plan.Faults!.Select(f => ReferenceEquals(f, fault) ? f with { Times = left - 1 } : f)] });
            return fault;
        }

        return null;
    }

    private static Plan Read(Ledger books) => books.Setting(Setting) is { } text ? JsonSerializer.Deserialize<Plan>(text, Json)! : new Plan();

    private static Plan Write(Ledger books, Plan plan)
    {
        books.Set(Setting, JsonSerializer.Serialize(plan, Json));
        return plan;
    }

    // 0 ≤ dice < 1, the same for the same words.
    private static double Dice(int seed, string words) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {words}"))) / (uint.MaxValue + 1.0);
}
