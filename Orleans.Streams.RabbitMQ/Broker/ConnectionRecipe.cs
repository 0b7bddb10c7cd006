using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>Builds a connection from options, reading credentials and certificates afresh, and tells whether they have changed since.</summary>
internal sealed class ConnectionRecipe(RabbitMqStreamOptions options, string clientName)
{
    /// <summary>Opens a connection and gives with it the fingerprint of what it was opened with.</summary>
    public async Task<(IConnection Connection, string Fingerprint)> Open(CancellationToken cancellationToken)
    {
        // The fingerprint first: a file replaced between the two reads is then seen as a change, not missed.
        var fingerprint = await Fingerprint(cancellationToken);
        var credentials = await Credentials(cancellationToken);
        var endpoints = Endpoint.ParseAll(options.Hosts, options.Tls is null ? 5672 : 5671);
        var factory = new ConnectionFactory
        {
            VirtualHost = options.VirtualHost,
            UserName = credentials.UserName,
            Password = credentials.Password,
            ClientProvidedName = clientName,
            // Recovery is ours: the client's own would bring channels back without telling us that delivery tags have changed.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = options.Heartbeat,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
            HandshakeContinuationTimeout = TimeSpan.FromSeconds(5),
            ContinuationTimeout = TimeSpan.FromSeconds(10),
        };
        var connection = await factory.CreateConnectionAsync(endpoints.Select(e => new AmqpTcpEndpoint(e.Host, e.Port, Ssl(e))), clientName, cancellationToken);
        return (connection, fingerprint);
    }

    /// <summary>Changes whenever a file or the answer of the credentials' source changes. Held in memory only.</summary>
    public async Task<string> Fingerprint(CancellationToken cancellationToken)
    {
        string?[] files = [options.PasswordFile, options.Tls?.AuthorityFile, options.Tls?.ClientCertificateFile, options.Tls?.ClientKeyFile];
        // By content: where a secret is mounted, its file may be a link whose time and length never change.
        var stamps = files.OfType<string>().Select(f => File.Exists(f) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))) : "gone");
        var credentials = options.Credentials is null ? "" : await options.Credentials(cancellationToken) is var c ? $"{c.UserName}\n{c.Password}" : "";
        return string.Join('|', stamps) + credentials;
    }

    private async ValueTask<RabbitMqCredentials> Credentials(CancellationToken cancellationToken)
    {
        if (options.Credentials is { } source)
            return await source(cancellationToken);
        var password = options.PasswordFile is { } file ? (await File.ReadAllTextAsync(file, cancellationToken)).TrimEnd('\r', '\n') : options.Password;
        return new RabbitMqCredentials(options.UserName, password);
    }

    private SslOption Ssl(Endpoint endpoint)
    {
        if (options.Tls is not { } tls)
            return new SslOption { Enabled = false };

        var ssl = new SslOption(tls.ServerName ?? endpoint.Host, enabled: true) { CheckCertificateRevocation = tls.CheckRevocation };
        if (tls.ClientCertificateFile is { } certificate)
            ssl.Certs = [X509Certificate2.CreateFromPemFile(certificate, tls.ClientKeyFile)];
        if (tls.AuthorityFile is { } file)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            ssl.CertificateValidationCallback = (_, remote, sent, errors) => ChainsTo(authorities, remote, sent, options.Has(Cure.CheckHostName) ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch, tls.CheckRevocation);
        }

        return ssl;
    }

    // The system's roots say nothing about a private authority, so the chain is built again with ours alone. The name was compared by the
    // platform already, and its verdict stands. The authorities between ours and the broker's certificate are those the broker sends.
    private static bool ChainsTo(X509Certificate2Collection authorities, X509Certificate? remote, X509Chain? sent, SslPolicyErrors errors, bool checkRevocation)
    {
        if (remote is not X509Certificate2 certificate || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        chain.ChainPolicy.RevocationMode = checkRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1")); // server authentication
        return chain.Build(certificate);
    }
}
