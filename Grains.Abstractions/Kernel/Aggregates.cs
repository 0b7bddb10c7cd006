namespace Commerce.Kernel;

/// <summary>Finds an aggregate by the stored name of its type: nothing is looked up, so a role that is away shows on the call, as an outage.</summary>
public static class Aggregates
{
    /// <summary>The aggregate of that type and key.</summary>
    /// <param name="grains">The cluster's grains.</param>
    /// <param name="type">The stored name of its type: <c>stock</c>.</param>
    /// <param name="key">Its key, as <see cref="Keys"/> makes it.</param>
    public static T Aggregate<T>(this IGrainFactory grains, string type, string key) where T : IGrainWithStringKey
    {
        var id = GrainId.Create(type, key);
        if (Interface<T>.Name is { } name) return (T)grains.GetGrain(id, name);

        var first = grains.GetGrain<T>(id);
        if (first is GrainReference reference) Interface<T>.Name = reference.InterfaceType;
        return first;
    }

    // Orleans works the name of an interface out anew for every reference, which cost a silo 3 % of its time; it never changes.
    private static class Interface<T>
    {
        private static Box? known;

        public static GrainInterfaceType? Name
        {
            get => Volatile.Read(ref known)?.Value;
            set => Volatile.Write(ref known, value is { } name ? new Box(name) : null);
        }

        private sealed record Box(GrainInterfaceType Value);
    }
}
