using Orleans.Runtime;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class OptionsTests
{
    public static TheoryData<string, Action<RabbitMqStreamOptions>> Refused => new()
    {
        { "Hosts", o => o.Hosts = "" },
        { "Hosts", o => o.Hosts = "localhost:0" },
        { "Hosts", o => o.Hosts = "broker.example" }, // plain text to another machine
        { "Direction", o => o.Direction = StreamProviderDirection.None },
        { "QueueCount", o => o.QueueCount = 0 },
        { "MaxBatchesPerMessage", o => o.MaxBatchesPerMessage = 5000 },
        { "MaxMessageBytes", o => o.MaxMessageBytes = 1 },
        { "MaxPendingBytes", o => o.MaxPendingBytes = o.MaxMessageBytes - 1 },
        { "MessagesInFlight", o => o.MessagesInFlight = 0 },
        { "Prefetch", o => o.Prefetch = 0 },
        { "PublishTimeout", o => o.PublishTimeout = TimeSpan.Zero },
        { "MaxReconnectDelay", o => o.MaxReconnectDelay = TimeSpan.FromMilliseconds(1) },
        { "PasswordFile", o => o.PasswordFile = "no such file" },
        { "Tls.AuthorityFile", o => o.Tls = new() { AuthorityFile = "no such file" } },
        { "Tls.ClientKeyFile", o => o.Tls = new() { ClientCertificateFile = "alone" } },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_impossible_option_is_refused_by_name(string option, Action<RabbitMqStreamOptions> spoil)
    {
        var options = new RabbitMqStreamOptions();
        spoil(options);

        Should.Throw<OrleansConfigurationException>(() => Validate(options)).Message.ShouldContain($".{option} ");
    }

    [Fact]
    public void The_defaults_are_valid() => Validate(new RabbitMqStreamOptions());

    [Fact]
    public void Another_machine_is_allowed_with_tls_or_on_demand()
    {
        Validate(new RabbitMqStreamOptions { Hosts = "a.example, b.example:5671", Tls = new() });
        Validate(new RabbitMqStreamOptions { Hosts = "a.example", AllowPlainText = true });
    }

    [Fact]
    public void Credentials_do_not_print_their_password() => new RabbitMqCredentials("user", "secret").ToString().ShouldNotContain("secret");

    [Fact]
    public void An_address_sets_what_it_names_and_leaves_the_rest()
    {
        var options = new RabbitMqStreamOptions();
        options.Connect(new Uri("amqps://us%40er:p%2Fw@broker.example:5673/a%20host"));

        (options.Hosts, options.VirtualHost, options.UserName, options.Password).ShouldBe(("broker.example:5673", "a host", "us@er", "p/w"));
        options.Tls.ShouldNotBeNull();

        options = new RabbitMqStreamOptions { VirtualHost = "kept" };
        options.Connect(new Uri("amqp://localhost"));
        (options.Hosts, options.VirtualHost, options.UserName, options.Tls).ShouldBe(("localhost", "kept", "guest", null));
    }

    private static void Validate(RabbitMqStreamOptions options) => new RabbitMqStreamOptionsValidator(options, "test").ValidateConfiguration();
}
