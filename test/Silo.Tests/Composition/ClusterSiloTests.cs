using System.Diagnostics;
using Commerce.Feeds;
using Commerce.Servers;
using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;
using Commerce.Silo.Secrets;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
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

    [Fact]
    public async Task A_broker_on_another_machine_is_spoken_to_over_tls_or_where_plain_text_is_allowed()
    {
        (await Streams("amqp://order:secret@rabbitmq:5672/commerce-order", "on")).AllowPlainText.ShouldBeTrue();
        (await Streams("amqps://order:secret@rabbitmq:5671/commerce-order", null)).Tls.ShouldNotBeNull();
        (await Should.ThrowAsync<SettingsException>(() => Streams("amqp://order:secret@rabbitmq:5672/commerce-order", null))).Message
            .ShouldSatisfyAllConditions(x => x.ShouldContain("BrokerPlainText=on"), x => x.ShouldContain("amqps"), x => x.ShouldNotContain("secret"));
    }

    // As the silo itself does when it starts: what its options do not allow stops it.
    private async Task<RabbitMqStreamOptions> Streams(string broker, string? plainText)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Name"] = "silo-1", ["SiloPort"] = "11111", ["Roles"] = "order", ["Secrets"] = _folder["secrets"], ["BrokerPlainText"] = plainText,
            ["ConnectionStrings:cluster"] = await postgres.Empty(), ["ConnectionStrings:order"] = await postgres.Empty(), ["ConnectionStrings:broker_order"] = broker,
        });
        builder.AddCommerceSilo(new ProcessSettings(builder.Configuration));
        using var silo = builder.Build();
        foreach (var validator in silo.Services.GetServices<IConfigurationValidator>()) validator.ValidateConfiguration();
        return silo.Services.GetRequiredService<IOptionsMonitor<RabbitMqStreamOptions>>().Get(FeedStreams.Provider("order"));
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "does not fit the database of customer"), InlineData("no key", "is not a master key"), InlineData(null, "is missing")]
    public async Task A_silo_without_the_master_key_of_the_others_says_so_and_ends(string? another, string sentence)
    {
        await using var databases = await postgres.Journals(["cart", "customer"]);
        using (await KeyRing.Open(databases.Of("customer"), "customer", _folder["secrets"], TimeProvider.System, NullLogger<KeyRing>.Instance)) { }
        Directory.CreateDirectory(_folder["elsewhere"]);
        if (another is not null) File.WriteAllText(_folder["elsewhere/master.key"], another);

        File.WriteAllText(_folder["token"], "token");

        var (code, said) = await Run(new()
        {
            ["Name"] = "silo-1", ["SiloPort"] = $"{FreePorts.Take(1)[0]}", ["Http"] = "http://127.0.0.1:0", ["Data"] = _folder.Path, ["Roles"] = "cart,customer", ["Secrets"] = _folder["elsewhere"],
            ["OperatorTokenFile"] = _folder["token"],
            ["ConnectionStrings__cluster"] = await postgres.Empty(), ["ConnectionStrings__cart"] = databases.ConnectionOf("cart"), ["ConnectionStrings__customer"] = databases.ConnectionOf("customer"),
        });

        code.ShouldBe(3);
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldSatisfyAllConditions(x => x.ShouldContain(_folder["elsewhere"]), x => x.ShouldContain(sentence));
        File.Exists(_folder["elsewhere/master.key"]).ShouldBe(another is not null);
    }

    private static async Task<(int Code, string Said)> Run(Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Silo.dll")]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        using var silo = Process.Start(start)!;
        try
        {
            var (said, _) = (silo.StandardError.ReadToEndAsync(), silo.StandardOutput.ReadToEndAsync());
            await silo.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            return (silo.ExitCode, await said);
        }
        finally
        {
            silo.Kill();
        }
    }
}
