using System.Reflection;
using Commerce.Feeds;
using Commerce.Kernel;
using Orleans.Configuration;

namespace Commerce.Silo.Composition;

/// <summary>The services a silo hosts. Their grains run only there; the rest of the cluster is called.</summary>
public sealed record Roles(IReadOnlyList<string> Services)
{
    /// <summary>Every service there is.</summary>
    public static readonly Roles All = new(FeedStreams.Services);

    /// <summary>Reads <c>all</c>, or a list of services: <c>cart,order</c>.</summary>
    /// <exception cref="FormatException">There is no such service; the message names those there are.</exception>
    public static Roles Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Trim() == "all") return All;
        var services = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return services.FirstOrDefault(service => !FeedStreams.Services.Contains(service)) is { } unknown
            ? throw new FormatException($"There is no role {unknown}; roles are all, or some of {string.Join(", ", FeedStreams.Services)}.")
            : new Roles([.. services.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>Whether a service is hosted.</summary>
    public bool Has(string service) => Services.Contains(service);
}

/// <summary>Puts roles into a silo.</summary>
public static class RoleComposition
{
    /// <summary>Hosts the grains of these roles, and grains that name none.</summary>
    public static ISiloBuilder HostRoles(this ISiloBuilder silo, Roles roles)
    {
        silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.RemoveWhere(
            grain => grain.GetCustomAttribute<RoleAttribute>() is { } role && !roles.Has(role.Name)));
        return silo;
    }
}
