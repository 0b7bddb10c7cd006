namespace Orleans.Streams.RabbitMQ;

/// <summary>
/// AMQPS. The broker's certificate must chain to <see cref="AuthorityFile"/> (or to the system's roots), be in its time and carry the
/// host's name. All files are PEM and read again for every connection, so replacing them on disk is a rotation.
/// </summary>
public sealed class RabbitMqTlsOptions
{
    /// <summary>The certificate authorities trusted for the broker. Default: null, the system's roots. Set, it alone counts.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>Our client certificate. Default: null, none. Needs <see cref="ClientKeyFile"/>.</summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>The unencrypted private key of <see cref="ClientCertificateFile"/>.</summary>
    public string? ClientKeyFile { get; set; }

    /// <summary>The name the broker's certificate must carry. Default: null, the name connected to. There is no switch that turns the check off.</summary>
    public string? ServerName { get; set; }

    /// <summary>Whether certificate revocation is checked online. Default: false, because private authorities seldom serve it.</summary>
    public bool CheckRevocation { get; set; }
}
