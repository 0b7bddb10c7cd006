namespace Commerce.Kernel;

/// <summary>
/// A dependency (journal, another role, the payment provider) cannot be used now. What was asked may or may not have happened:
/// repeat it under the same command id. It is the only infrastructure exception that leaves a grain, since a provider's own does
/// not deserialize on the caller and would carry host names. HTTP: <c>dependency-unavailable</c> 503.
/// </summary>
[GenerateSerializer, Alias("commerce.dependency-unavailable")]
public sealed class DependencyUnavailableException : Exception
{
    /// <summary>Names what is away, without host, port or SQL.</summary>
    public DependencyUnavailableException(string dependency) : base($"{dependency} is unavailable; repeat the request.") => Dependency = dependency;

    /// <summary>For the serializer.</summary>
    public DependencyUnavailableException() => Dependency = "";

    /// <summary>For the analysers' sake.</summary>
    public DependencyUnavailableException(string message, Exception inner) : base(message, inner) => Dependency = message;

    /// <summary>What is away: a role's name or <c>journal</c>.</summary>
    [Id(0)] public string Dependency { get; }
}

/// <summary>A fault inside a grain that is nobody's refusal: a bug or a broken record. It names itself and carries no stack or host across the wire.</summary>
[GenerateSerializer, Alias("commerce.grain-fault")]
public sealed class GrainFaultException : Exception
{
    /// <summary>Says what kind of fault it was; the details are in the silo's log under the same trace.</summary>
    public GrainFaultException(string message) : base(message) { }

    /// <summary>For the serializer.</summary>
    public GrainFaultException() { }

    /// <summary>For the analysers' sake.</summary>
    public GrainFaultException(string message, Exception inner) : base(message, inner) { }
}
