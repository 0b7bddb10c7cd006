using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Commerce.Feeds;

/// <summary>Marks a record as an event and names it in storage for ever: <c>stock.reserved.v1</c>. Events are never changed, only added or upcast.</summary>
/// <param name="name">Storage name with version.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EventNameAttribute(string name) : Attribute
{
    /// <summary>Storage name with version.</summary>
    public string Name { get; } = name;
}

/// <summary>The events of all services by storage name, and how they are written.</summary>
public static class EventTypes
{
    /// <summary>How events, snapshots and read models write JSON: camel case, nulls left out, enums by name.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly FrozenDictionary<string, Type> ByName = typeof(EventTypes).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<EventNameAttribute>() is not null)
        .ToFrozenDictionary(type => type.GetCustomAttribute<EventNameAttribute>()!.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, string> ByType = ByName.ToFrozenDictionary(entry => entry.Value, entry => entry.Key);

    /// <summary>All storage names.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    /// <summary>The storage name of an event.</summary>
    public static string NameOf(Type type) => ByType[type];

    /// <summary>Writes an event.</summary>
    public static byte[] Write(object happened) => JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), Json);

    /// <summary>Reads an event; an unknown name is a fault that names itself, never skipped.</summary>
    public static object Read(string name, byte[] data) => ByName.TryGetValue(name, out var type)
        ? JsonSerializer.Deserialize(data, type, Json) ?? throw new JsonException($"Event {name} is null.")
        : throw new NotSupportedException($"Event {name} is not known to this version of the program; run the version that wrote it, or a newer one.");
}
