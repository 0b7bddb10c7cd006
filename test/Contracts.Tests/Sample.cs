using System.Collections.Immutable;
using System.Reflection;
using Commerce.Carts;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Contracts;

/// <summary>
/// Makes one value of any contract type, the same every time: every field filled, text and numbers by the path of names that leads to
/// it, so that two fields that change places are noticed.
/// </summary>
internal static class Sample
{
    private static readonly DateTimeOffset Time = new(2010, 12, 1, 8, 26, 0, TimeSpan.Zero);

    public static object Of(Type type, string name = "")
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return name;
        if (type == typeof(int)) return Number(name);
        if (type == typeof(long)) return (long)Number(name);
        if (type == typeof(bool)) return true;
        if (type == typeof(decimal)) return Number(name) + 0.125m;
        if (type == typeof(DateTimeOffset)) return Time;
        if (type == typeof(TimeSpan)) return TimeSpan.FromSeconds(30);
        if (type == typeof(Guid)) return Guid.Parse("01939e2c-0000-7000-8000-000000000001");
        if (type == typeof(byte[])) return EventTypes.Write(new ShipmentSent("s1"));
        if (type == typeof(Currency)) return Currency.GBP;
        if (type == typeof(OrderId)) return OrderId.Derive(new CartId("cart-1"), 2);
        if (type == typeof(OrderStatus)) return OrderStatus.Confirmed;
        if (type == typeof(RecordedEvent)) return Recorded;
        if (type.IsEnum) return Enum.GetValues(type).GetValue(1)!;
        if (typeof(Exception).IsAssignableFrom(type)) return Activator.CreateInstance(type, name)!;
        if (type.IsGenericType) return OfGeneric(type, name);

        return Construct(type, name);
    }

    /// <summary>Calls a static method with sampled arguments.</summary>
    public static object Call(MethodInfo method) => method.Invoke(null, [.. method.GetParameters().Select(p => Of(p.ParameterType, p.Name!))])!;

    private static RecordedEvent Recorded => new(
        "order", 0, 42, (Guid)Of(typeof(Guid)), "order/t1/abc-1", 7, "order.shipped.v1", Time, Time.AddSeconds(1), "operator", "correlation", "causation",
        "traceParent", (byte[])Of(typeof(byte[])));

    private static object OfGeneric(Type type, string name)
    {
        var (definition, arguments) = (type.GetGenericTypeDefinition(), type.GetGenericArguments());
        if (definition == typeof(ImmutableArray<>)) return Many(nameof(ArrayOf), name, arguments);
        if (definition == typeof(ImmutableDictionary<,>)) return Many(nameof(DictionaryOf), name, arguments);
        return definition == typeof(Result<>) ? Activator.CreateInstance(type, Of(arguments[0], name))! : Construct(type, name);
    }

    private static object Construct(Type type, string path)
    {
        // The widest constructor is the positional one; a struct without any has nothing to fill.
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault();
        return constructor is null
            ? Activator.CreateInstance(type)!
            : constructor.Invoke([.. constructor.GetParameters().Select(p => Of(p.ParameterType, path.Length == 0 ? p.Name! : $"{path}.{p.Name}"))]);
    }

    private static int Number(string name) => 1 + (name.Aggregate(0, (sum, c) => (sum * 31) + c) & 0x3ff);

    private static object Many(string method, string name, Type[] arguments) =>
        typeof(Sample).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(arguments).Invoke(null, [name])!;

    private static ImmutableArray<T> ArrayOf<T>(string name) => [(T)Of(typeof(T), name)];

    // One entry only: the order of several is not fixed.
    private static ImmutableDictionary<TKey, TValue> DictionaryOf<TKey, TValue>(string name) where TKey : notnull =>
        ImmutableDictionary<TKey, TValue>.Empty.Add((TKey)Of(typeof(TKey), name), (TValue)Of(typeof(TValue), name));
}
