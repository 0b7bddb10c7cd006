using Commerce.Kit.Servers;

namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>The tests' broker. It boots while the tests that need none run; those that use it share a collection, for some of them cut, block or kill it.</summary>
public sealed class Servers : IAsyncLifetime
{
    /// <summary>The collection of all tests that use the broker: one after the other.</summary>
    public const string Collection = "broker";

    /// <summary>A second virtual host with a user of its own.</summary>
    public static readonly RabbitMqTenant Other = new("other", "other", "other-secret");

    private const string OfOrders = @"^orders-[^.]+(\..*)?$";

    /// <summary>Who owns a third virtual host.</summary>
    public static readonly RabbitMqTenant Owner = new("orders", "owner", "owner-secret", Configure: OfOrders, Write: OfOrders, Read: OfOrders);

    /// <summary>Who may only read there, with the rights the README names.</summary>
    public static readonly RabbitMqTenant Reader = new("orders", "reader", "reader-secret", Configure: "^$", Write: @"^orders-[^.]+\.dead$", Read: @"^orders-[^.]+\..*$");

    /// <summary>Whose password changes.</summary>
    public static readonly RabbitMqTenant Rotating = new("rotating", "rotating", "old");

    private Task<RabbitMqServer>? _starting;

    /// <summary>A provider with one queue, on the broker behind a port.</summary>
    /// <param name="port">The broker's, or a proxy's.</param>
    /// <param name="tenant">Whose virtual host; null: the one tests share.</param>
    public static RabbitMqStreamOptions OneQueue(int port, RabbitMqTenant? tenant = null)
    {
        var (host, user, password, _, _, _) = tenant ?? new("/", RabbitMqServer.User, RabbitMqServer.User);
        return new() { Hosts = $"127.0.0.1:{port}", VirtualHost = host, UserName = user, Password = password, QueueCount = 1 };
    }

    public TestCertificates Certificates { get; } = new(TimeProvider.System.GetUtcNow());

    public Task<RabbitMqServer> Broker => _starting!;

    public ValueTask InitializeAsync()
    {
        // Not awaited: whoever needs it waits, and gets the failure with what to install.
        _starting = RabbitMqServer.Start(Certificates, Other, Owner, Reader, Rotating);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_starting is { IsCompletedSuccessfully: true })
            await (await _starting).DisposeAsync();
        else if (_starting is not null)
            await _starting.ContinueWith(async t => { if (t.IsCompletedSuccessfully) await (await t).DisposeAsync(); }, TaskScheduler.Default).Unwrap();
        Certificates.Dispose();
    }
}
