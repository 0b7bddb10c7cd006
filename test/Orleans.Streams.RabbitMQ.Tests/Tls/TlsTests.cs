using Commerce.Kit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams.RabbitMQ.Broker;
using Orleans.Streams.RabbitMQ.Tests.Faults;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using Orleans.Streams.RabbitMQ.Tests.Unit;

namespace Orleans.Streams.RabbitMQ.Tests.Tls;

/// <summary>Who is let in, who is refused, and what a rotation on disk does. Refusals are checked by an AMQP connection, for with TLS 1.3 the handshake alone can look fine.</summary>
[Collection(Servers.Collection)]
public sealed class TlsTests(Servers servers)
{
    private TestCertificates Certificates => servers.Certificates;

    [Fact]
    public async Task A_client_certificate_of_the_brokers_authority_is_let_in() =>
        await Connects((await servers.Broker).TlsPort, Trusting(Certificates.AuthorityFile));

    [Fact]
    public async Task Plain_text_is_refused() =>
        await IsRefused((await servers.Broker).TlsPort, tls: null);

    [Fact]
    public async Task A_client_without_a_certificate_is_refused() =>
        await IsRefused((await servers.Broker).TlsPort, new RabbitMqTlsOptions { AuthorityFile = Certificates.AuthorityFile });

    [Fact]
    public async Task A_client_certificate_of_another_authority_is_refused()
    {
        using var stranger = new TestCertificates(TimeProvider.System.GetUtcNow(), "Stranger");
        await IsRefused((await servers.Broker).TlsPort, new RabbitMqTlsOptions
        {
            AuthorityFile = Certificates.AuthorityFile,
            ClientCertificateFile = stranger.ClientCertificateFile,
            ClientKeyFile = stranger.ClientKeyFile,
        });
    }

    [Fact]
    public async Task A_client_certificate_that_has_expired_is_refused()
    {
        Certificates.Issue("late", "client", server: false, expired: true);
        await IsRefused((await servers.Broker).TlsPort, new RabbitMqTlsOptions
        {
            AuthorityFile = Certificates.AuthorityFile,
            ClientCertificateFile = Certificates.Sub("late.pem"),
            ClientKeyFile = Certificates.Sub("late.key"),
        });
    }

    [Fact]
    public async Task A_broker_of_another_authority_is_refused()
    {
        using var stranger = new TestCertificates(TimeProvider.System.GetUtcNow(), "Stranger");
        await IsRefused((await servers.Broker).TlsPort, Trusting(stranger.AuthorityFile));
    }

    [Fact]
    public async Task A_broker_that_sends_its_intermediate_authority_is_let_in_by_the_root_alone()
    {
        using var intermediate = new TestCertificates(TimeProvider.System.GetUtcNow(), "Kit intermediate", Certificates);
        var chain = intermediate.Sub("chain.pem");
        await File.WriteAllLinesAsync(chain, [await File.ReadAllTextAsync(intermediate.ServerCertificateFile), await File.ReadAllTextAsync(intermediate.AuthorityFile)]);
        await using var server = new TlsServer((await servers.Broker).Port, chain, intermediate.ServerKeyFile);

        await Connects(server.Port, Trusting(Certificates.AuthorityFile));
    }

    [Theory]
    [InlineData("good", "localhost", false, false)]
    [InlineData("elsewhere", "elsewhere.example", false, true)]
    [InlineData("expired", "localhost", true, true)]
    public async Task A_broker_with_the_wrong_name_or_an_expired_certificate_is_refused(string file, string subject, bool expired, bool refused)
    {
        Certificates.Issue(file, subject, server: true, expired);
        await using var server = new TlsServer((await servers.Broker).Port, Certificates.Sub($"{file}.pem"), Certificates.Sub($"{file}.key"));

        if (refused)
            await IsRefused(server.Port, Trusting(Certificates.AuthorityFile));
        else
            await Connects(server.Port, Trusting(Certificates.AuthorityFile));
    }

    [Fact]
    public async Task Without_the_check_of_the_name_its_test_would_fail()
    {
        Certificates.Issue("elsewhere", "elsewhere.example", server: true);
        await using var server = new TlsServer((await servers.Broker).Port, Certificates.Sub("elsewhere.pem"), Certificates.Sub("elsewhere.key"));

        await Connects(server.Port, Trusting(Certificates.AuthorityFile), Cure.CheckHostName);
    }

    [Fact]
    public async Task A_certificate_rotated_on_disk_is_picked_up_and_no_event_is_lost()
    {
        var old = Certificates.Issue("rotating", "client", server: false);
        Certificates.Issue("front", "localhost", server: true);
        await using var server = new TlsServer((await servers.Broker).Port, Certificates.Sub("front.pem"), Certificates.Sub("front.key"));
        await using var cluster = await Cluster.OnRabbitMq(1, server.Port, o =>
        {
            o.Hosts = $"localhost:{server.Port}";
            o.RotationCheckInterval = TimeSpan.FromMilliseconds(50);
            o.Tls = new RabbitMqTlsOptions
            {
                AuthorityFile = Certificates.AuthorityFile,
                ClientCertificateFile = Certificates.Sub("rotating.pem"),
                ClientKeyFile = Certificates.Sub("rotating.key"),
            };
        });
        var stream = Guid.CreateVersion7();
        await cluster.Producer(stream).Produce(Cluster.Provider, 1, 20);
        server.Clients.ShouldAllBe(c => c == old);

        var renewed = Certificates.Issue("rotating", "client", server: false);
        var next = 21;
        await Until.Holds("both connections show the renewed certificate", async () =>
        {
            await cluster.Producer(stream).Produce(Cluster.Provider, next, 10);
            next += 10;
            return server.Clients.Count(c => c == renewed) >= 2;
        });
        await cluster.Producer(stream).Produce(Cluster.Provider, next, 20);

        await Ledger.Of(stream).UntilAll(next + 19);
        Ledger.Of(stream).FirstArrivals.ShouldBe(Enumerable.Range(1, next + 19));
    }

    [Fact]
    public async Task Rotated_credentials_are_read_again()
    {
        var broker = await servers.Broker;
        var file = Certificates.Sub("password");
        await File.WriteAllTextAsync(file, "wrong\n");
        await using var connections = Open(broker.Port, null, configure: o => o.PasswordFile = file);
        await Should.ThrowAsync<BrokerUnavailableException>(connections.Publishing.Connect(default).AsTask());

        await File.WriteAllTextAsync(file, "kit\n");
        await LetIn(connections, "the new password works");
    }

    private RabbitMqTlsOptions Trusting(string authority) =>
        new() { AuthorityFile = authority, ClientCertificateFile = Certificates.ClientCertificateFile, ClientKeyFile = Certificates.ClientKeyFile };

    private static async Task Connects(int port, RabbitMqTlsOptions? tls, Cure without = Cure.None)
    {
        await using var connections = Open(port, tls, without);
        // A broker gives a stranger ten seconds to introduce himself, which a busy machine may not have: who is let in is let in the next time, and who is refused stays refused.
        await LetIn(connections, "the broker lets us in");
        (await connections.CountAsync()).ShouldBe(0);
    }

    private static Task LetIn(BrokerConnections connections, string what) =>
        Until.Holds(what, async () => await Record.ExceptionAsync(() => connections.Publishing.Connect(default).AsTask()) is null);

    private static async Task IsRefused(int port, RabbitMqTlsOptions? tls)
    {
        await using var connections = Open(port, tls);
        await Should.ThrowAsync<BrokerUnavailableException>(connections.CountAsync());
        connections.Publishing.IsUp.ShouldBe(false);
    }

    private static BrokerConnections Open(int port, RabbitMqTlsOptions? tls, Cure without = Cure.None, Action<RabbitMqStreamOptions>? configure = null)
    {
        var options = new RabbitMqStreamOptions
        {
            Hosts = $"localhost:{port}",
            UserName = "kit",
            Password = "kit",
            Tls = tls,
            Without = without,
            QueueCount = 1,
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
        };
        configure?.Invoke(options);
        return new BrokerConnections("tls", "test", options, TimeProvider.System, CoalescerTests.Metrics, NullLogger.Instance);
    }
}
