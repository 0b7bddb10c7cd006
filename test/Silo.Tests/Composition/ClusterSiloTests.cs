using Commerce.Feeds;
using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Streams.RabbitMQ;

namespace Commerce.Silo.Tests.Composition;

public sealed class ClusterSiloTests(PostgresFixture postgres) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_feeds_stream_takes_an_item_however_large_its_last_event()
    {
        const int largestOrder = 2 * 1024 * 1024;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Name"] = "silo-1", ["SiloPort"] = "11111", ["Roles"] = "cart", ["Secrets"] = _folder["secrets"],
            ["ConnectionStrings:cluster"] = await postgres.Empty(), ["ConnectionStrings:cart"] = await postgres.Empty(),
            ["ConnectionStrings:broker_cart"] = "amqp://127.0.0.1",
        });
        builder.AddCommerceSilo(new ProcessSettings(builder.Configuration));
        using var silo = builder.Build();

        var stream = silo.Services.GetRequiredService<IOptionsMonitor<RabbitMqStreamOptions>>().Get(FeedStreams.Provider("cart"));
        stream.MaxMessageBytes.ShouldBeGreaterThan(FeedBatch.FullBytes + largestOrder);
        stream.MaxPendingBytes.ShouldBeGreaterThanOrEqualTo(stream.MaxMessageBytes);
    }
}
