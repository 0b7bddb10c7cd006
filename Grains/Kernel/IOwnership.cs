namespace Commerce.Kernel;

/// <summary>Whether a grain is still at home in this silo.</summary>
public interface IOwnership
{
    /// <summary>Counts the changes of who owns what, as this silo has seen them.</summary>
    long Version { get; }

    /// <summary>Whether this silo has been the grain's only home since then, as far as it knows.</summary>
    bool IsHeldSince(GrainId grain, long version);
}
