using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>One run of one promise against the real broker, with all cures or without one.</summary>
/// <param name="Servers">The broker.</param>
/// <param name="Without">What is taken away; None in the test of the promise itself.</param>
public sealed record Scenario(Servers Servers, int Without)
{
    /// <summary>How long a condition may take: a run without its cure waits for what never comes.</summary>
    public int Patience => Without == 0 ? 30 : 3;

    internal void Apply(RabbitMqStreamOptions options)
    {
        options.Without = (Cure)Without;
        if (Without != 0)
            options.PublishTimeout = TimeSpan.FromSeconds(2);
    }
}
