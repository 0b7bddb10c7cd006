using System.Collections.Concurrent;
using System.Reflection;

namespace Commerce.Kernel;

/// <summary>Reads <see cref="RoleAttribute"/> off grain classes.</summary>
public static class RoleOf
{
    private static readonly ConcurrentDictionary<Type, string> Roles = new();

    /// <summary>The role of a grain class; a class of ours without one is a programming error.</summary>
    public static string Grain(Type grain) => Roles.GetOrAdd(grain, static type =>
        type.GetCustomAttribute<RoleAttribute>()?.Name ?? throw new InvalidOperationException($"{type.Name} says no role: add [Role(\"…\")]."));
}
