using System.Collections.Concurrent;

namespace Commerce.Cli.Chaos.Load;

/// <summary>What must not be, found once per kind and counted.</summary>
internal sealed class Findings
{
    private readonly ConcurrentDictionary<string, (int Count, string First)> _found = new(StringComparer.Ordinal);

    public bool None => _found.IsEmpty;

    /// <param name="kind">Which promise was broken: <c>I3</c>, <c>stock-linearizable</c>.</param>
    /// <param name="what">Where and how.</param>
    public void Add(string kind, string what) => _found.AddOrUpdate(kind, _ => (1, what), (_, before) => (before.Count + 1, before.First));

    public IEnumerable<Finding> All => _found.OrderBy(found => found.Key, StringComparer.Ordinal).Select(found => new Finding(found.Key, found.Value.Count, found.Value.First));

    public bool Has(string kind) => _found.ContainsKey(kind);
}

/// <summary>A broken promise: how often, and the first place.</summary>
internal sealed record Finding(string Name, int Count, string First);
