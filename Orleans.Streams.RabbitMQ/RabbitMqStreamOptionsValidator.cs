using System.Net;

namespace Orleans.Streams.RabbitMQ;

/// <summary>Refuses to start with options that cannot work, naming the option, its value and its bounds.</summary>
internal sealed class RabbitMqStreamOptionsValidator(RabbitMqStreamOptions options, string provider) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        Require(options.Hosts.Split(',').All(h => Endpoint.TryParse(h, 5672, out _)), nameof(options.Hosts), options.Hosts, "host or host:port, comma separated");
        Require(options.VirtualHost.Length > 0, nameof(options.VirtualHost), options.VirtualHost, "not empty");
        Require(options.UserName.Length > 0, nameof(options.UserName), options.UserName, "not empty");
        Require(options.PasswordFile is null || File.Exists(options.PasswordFile), nameof(options.PasswordFile), options.PasswordFile, "an existing file");
        Require(options.NamePrefix is null or { Length: > 0 and <= 200 }, nameof(options.NamePrefix), options.NamePrefix, "1 to 200 characters");
        Require(options.Direction is StreamProviderDirection.ReadWrite or StreamProviderDirection.WriteOnly or StreamProviderDirection.ReadOnly,
            nameof(options.Direction), options.Direction, "ReadWrite, WriteOnly or ReadOnly");
        InRange(options.QueueCount, 1, 1024, nameof(options.QueueCount));
        InRange(options.MaxBatchesPerMessage, 1, 4096, nameof(options.MaxBatchesPerMessage));
        InRange(options.MaxMessageBytes, 4 * 1024, 16 * 1024 * 1024, nameof(options.MaxMessageBytes));
        InRange(options.MessagesInFlight, 1, 64, nameof(options.MessagesInFlight));
        InRange(options.MaxPendingBytes, options.MaxMessageBytes, long.MaxValue, nameof(options.MaxPendingBytes));
        InRange(options.PublishTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(options.PublishTimeout));
        InRange(options.ConfirmTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10), nameof(options.ConfirmTimeout));
        InRange(options.Prefetch, (ushort)1, (ushort)1000, nameof(options.Prefetch));
        InRange(options.DeliveryLimit, 0, int.MaxValue, nameof(options.DeliveryLimit));
        InRange(options.MaxQueueBytes, 0, long.MaxValue, nameof(options.MaxQueueBytes));
        InRange(options.ReconnectDelay, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), nameof(options.ReconnectDelay));
        InRange(options.MaxReconnectDelay, options.ReconnectDelay, TimeSpan.FromMinutes(10), nameof(options.MaxReconnectDelay));
        InRange(options.Heartbeat, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), nameof(options.Heartbeat));
        InRange(options.RotationCheckInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromDays(1), nameof(options.RotationCheckInterval));
        InRange(options.ReceiveWait, TimeSpan.Zero, TimeSpan.FromSeconds(1), nameof(options.ReceiveWait));
        ValidateTransport();
    }

    private void ValidateTransport()
    {
        if (options.Tls is not { } tls)
        {
            Require(options.AllowPlainText || Endpoint.ParseAll(options.Hosts, 5672).All(IsThisMachine), nameof(options.Hosts), options.Hosts,
                $"this machine only, as long as neither {nameof(options.Tls)} nor {nameof(options.AllowPlainText)} is set");
            return;
        }

        Require(tls.AuthorityFile is null || File.Exists(tls.AuthorityFile), "Tls.AuthorityFile", tls.AuthorityFile, "an existing file");
        Require((tls.ClientCertificateFile is null) == (tls.ClientKeyFile is null), "Tls.ClientKeyFile", tls.ClientKeyFile, "set together with Tls.ClientCertificateFile");
        Require(tls.ClientCertificateFile is null || File.Exists(tls.ClientCertificateFile), "Tls.ClientCertificateFile", tls.ClientCertificateFile, "an existing file");
        Require(tls.ClientKeyFile is null || File.Exists(tls.ClientKeyFile), "Tls.ClientKeyFile", tls.ClientKeyFile, "an existing file");
    }

    private static bool IsThisMachine(Endpoint endpoint) =>
        endpoint.Host is "localhost" || (IPAddress.TryParse(endpoint.Host, out var address) && IPAddress.IsLoopback(address));

    private void InRange<T>(T value, T least, T most, string option) where T : IComparable<T> =>
        Require(value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0, option, value, $"{least} to {most}");

    private void Require(bool holds, string option, object? value, string rule)
    {
        if (!holds)
            throw new OrleansConfigurationException($"RabbitMQ stream provider '{provider}': {nameof(RabbitMqStreamOptions)}.{option} is '{value}', it must be: {rule}.");
    }
}

/// <summary>One node of the broker.</summary>
internal readonly record struct Endpoint(string Host, int Port)
{
    public static bool TryParse(string text, int defaultPort, out Endpoint endpoint)
    {
        text = text.Trim();
        var colon = text.LastIndexOf(':');
        // More than one colon is an IPv6 address, which carries a port only in brackets.
        var hasPort = colon > 0 && (text.IndexOf(':') == colon || text[colon - 1] == ']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = defaultPort;
        var valid = host.Length > 0 && (!hasPort || (int.TryParse(text[(colon + 1)..], out port) && port is > 0 and < 65536));
        endpoint = new Endpoint(host, port);
        return valid;
    }

    public static Endpoint[] ParseAll(string hosts, int defaultPort) =>
        [.. hosts.Split(',').Select(h => TryParse(h, defaultPort, out var e) ? e : throw new FormatException($"'{h}' is not a host."))];
}
