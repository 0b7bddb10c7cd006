using Orleans.Metadata;

namespace Orleans.Streams.RabbitMQ.Balancing;

/// <summary>Never called. Its entry in a silo's manifest says which providers the silo hosts.</summary>
internal interface IAnnouncementGrain : IGrainWithIntegerKey
{
    /// <summary>Does nothing.</summary>
    Task Nothing();
}

/// <inheritdoc cref="IAnnouncementGrain"/>
[GrainType(ProviderAnnouncement.GrainTypeName)]
internal sealed class AnnouncementGrain : Grain, IAnnouncementGrain
{
    public Task Nothing() => Task.CompletedTask;
}

/// <summary>Writes a provider's name into this silo's manifest, which every silo of the cluster sees, unless the silo only publishes.</summary>
internal sealed class ProviderAnnouncement(string provider, RabbitMqStreamOptions options) : IGrainPropertiesProvider
{
    public const string GrainTypeName = "orleans-streams-rabbitmq";

    public static string Property(string provider) => $"provider.{provider}";

    public static bool Announces(GrainManifest manifest, string provider) =>
        manifest.Grains.TryGetValue(GrainType.Create(GrainTypeName), out var properties) && properties.Properties.ContainsKey(Property(provider));

    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        if (grainClass == typeof(AnnouncementGrain) && options.Direction != StreamProviderDirection.WriteOnly)
            properties[Property(provider)] = "hosted";
    }
}
