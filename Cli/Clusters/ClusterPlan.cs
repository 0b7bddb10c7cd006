using System.Collections.Immutable;
using Commerce.Cli.Output;
using Commerce.Feeds;

namespace Commerce.Cli.Clusters;

/// <summary>
/// How many processes of which roles. Invariant: every role is in some kind of silo, and there is at least one silo of every kind:
/// <c>Silos ≥ Kinds.Length</c>; silo <c>i</c> is of kind <c>(i − 1) mod Kinds.Length</c>.
/// </summary>
internal sealed record ClusterPlan(ImmutableArray<ImmutableArray<string>> Kinds, int Silos, int Gateways)
{
    /// <summary>Without gateways every silo is one, too: one process less for a request to pass through.</summary>
    public bool SilosAreGateways => Gateways == 0;

    public const int DefaultSilos = 3, DefaultGateways = 1, Most = 64;

    public static readonly ImmutableArray<string> Roles = FeedStreams.Services;

    /// <param name="roles">Nothing: every silo has all roles. <c>each</c>: a kind per role. Otherwise kinds separated by <c>;</c>, roles of a kind by <c>,</c>.</param>
    /// <param name="silos">Silos in all; with <paramref name="roles"/> of every kind.</param>
    public static ClusterPlan Of(IReadOnlyList<string> roles, int? silos, int? gateways)
    {
        var kinds = KindsOf(roles);
        var count = roles.Count == 0 ? silos ?? DefaultSilos : (silos ?? 1) * kinds.Length;
        if (silos < 1 || count > Most) throw new UsageException($"--silos is 1 to {(roles.Count == 0 ? Most : Most / kinds.Length)}{(roles.Count == 0 ? "" : " of every kind")}.");
        if (gateways is < 0 or > Most) throw new UsageException($"--gateways is 0 to {Most}; with 0 every silo is a gateway, too.");
        return new ClusterPlan(kinds, count, gateways ?? DefaultGateways);
    }

    public ImmutableArray<string> RolesOf(int silo) => Kinds[(silo - 1) % Kinds.Length];

    /// <summary>The same kinds with another number of silos.</summary>
    public ClusterPlan WithSilos(int silos) =>
        silos < Kinds.Length ? throw new UsageException(Kinds.Length == 1
            ? "A cluster has one silo at least; end it as a whole with Ctrl-C in the terminal of 'up'."
            : $"{Kinds.Length} silos at least: each kind of silo has roles no other has.")
        : silos > Most ? throw new UsageException($"A cluster has {Most} silos at most.")
        : this with { Silos = silos };

    public ClusterPlan WithGateways(int gateways) =>
        SilosAreGateways ? throw new UsageException("In this cluster every silo is a gateway, too; scale silos, or start it anew with --gateways N.")
        : gateways is < 1 or > Most ? throw new UsageException($"A cluster has 1 to {Most} gateways.") : this with { Gateways = gateways };

    private static ImmutableArray<ImmutableArray<string>> KindsOf(IReadOnlyList<string> given)
    {
        if (given.Count == 0) return [Roles];
        const StringSplitOptions clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        var kinds = given.SelectMany(text => text.Split(';', clean)).SelectMany<string, ImmutableArray<string>>(kind => kind switch
        {
            "each" => Roles.Select(role => ImmutableArray.Create(role)),
            "all" => [Roles],
            _ => [[.. kind.Split(',', clean).Distinct()]],
        }).Where(kind => kind.Length > 0).ToImmutableArray();

        if (kinds.SelectMany(kind => kind).Except(Roles).FirstOrDefault() is { } unknown)
            throw new UsageException($"'{unknown}' is not a role; the roles are {string.Join(", ", Roles)}, or 'each', or 'all'.");
        if (Roles.Except(kinds.SelectMany(kind => kind)).ToArray() is { Length: > 0 } missing)
            throw new UsageException($"No silo has the role{(missing.Length > 1 ? "s" : "")} {string.Join(", ", missing)}; name every role, for example --roles 'cart,catalog;order,inventory,payment,customer'.");
        return kinds;
    }
}
