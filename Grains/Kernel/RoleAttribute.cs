namespace Commerce.Kernel;

/// <summary>The service a grain belongs to: the silo role that hosts it and the journal it writes.</summary>
/// <param name="name"><c>catalog</c>, <c>cart</c>, <c>inventory</c>, <c>order</c>, <c>payment</c> or <c>customer</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RoleAttribute(string name) : Attribute
{
    /// <summary>The service's name.</summary>
    public string Name { get; } = name;
}
