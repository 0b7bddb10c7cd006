using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>One run of one promise against the real broker, with all cures or without one.</summary>
/// <param name="Servers">The broker.</param>
/// <param name="Without">What is taken away; None in the test of the promise itself.</param>
public sealed record Scenario(Servers Servers, int Without)
{
    /// <summary>How long a condition may take that comes true with all cures only: without one the wait would be in vain.</summary>
    public int Patience => Without == 0 ? Long : 3;

    private const int Long = 30;

    internal void Apply(RabbitMqStreamOptions options)
    {
        options.Without = (Cure)Without;
        // The others end by themselves, and a loaded machine may need its time for what is sound.
        if (options.Without == Cure.Reconnect)
            options.PublishTimeout = TimeSpan.FromSeconds(3);
    }

    /// <summary>As <see cref="Patience"/>, for a condition that depends on one cure.</summary>
    internal int PatienceFor(Cure cure) => (Cure)Without == cure ? Patience : Long;
}
