using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>
/// One run of one promise against the real broker, with all cures or without one. Both run the same code and wait for events, never for a
/// time to pass; without its cure a promise fails by what is seen then, not by something that stays away.
/// </summary>
/// <param name="Servers">The broker.</param>
/// <param name="Without">What is taken away; None in the test of the promise itself.</param>
public sealed record Scenario(Servers Servers, int Without)
{
    internal void Apply(RabbitMqStreamOptions options) => options.Without = (Cure)Without;

    internal bool Lacks(Cure cure) => (Cure)Without == cure;
}
