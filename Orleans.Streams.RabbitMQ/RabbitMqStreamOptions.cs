namespace Orleans.Streams.RabbitMQ;

/// <summary>How one stream provider uses RabbitMQ. Values are read at start, except credentials and certificates, which are read for every connection.</summary>
public sealed class RabbitMqStreamOptions
{
    /// <summary>
    /// The broker's nodes, comma separated, each <c>host</c> or <c>host:port</c>; tried in random order. Default: <c>localhost</c>.
    /// The default port is 5672, with <see cref="Tls"/> 5671. Safe to change.
    /// </summary>
    public string Hosts { get; set; } = "localhost";

    /// <summary>The virtual host. Default: <c>/</c>. Changing it leaves undelivered events behind in the old one.</summary>
    public string VirtualHost { get; set; } = "/";

    /// <summary>The broker's user. Default: <c>guest</c>, which RabbitMQ lets in from its own machine only.</summary>
    public string UserName { get; set; } = "guest";

    /// <summary>The user's password. Default: <c>guest</c>. <see cref="PasswordFile"/> and <see cref="Credentials"/> go before it.</summary>
    public string Password { get; set; } = "guest";

    /// <summary>A file with the password, a trailing line end ignored. Default: null. Changing its content is a rotation.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Where credentials come from when they change: asked for every connection and every <see cref="RotationCheckInterval"/>. Default: null.</summary>
    public Func<CancellationToken, ValueTask<RabbitMqCredentials>>? Credentials { get; set; }

    /// <summary>AMQPS. Default: null, plain AMQP, which is refused for hosts other than this machine unless <see cref="AllowPlainText"/>.</summary>
    public RabbitMqTlsOptions? Tls { get; set; }

    /// <summary>Allows plain AMQP to other machines. Default: false: passwords and events would cross the network readable.</summary>
    public bool AllowPlainText { get; set; }

    /// <summary>
    /// What this silo or client does with the provider. Default: <see cref="StreamProviderDirection.ReadWrite"/>, it publishes and takes its
    /// share of the queues. <see cref="StreamProviderDirection.WriteOnly"/>: it publishes and is dealt no queue; others must read.
    /// <see cref="StreamProviderDirection.ReadOnly"/>: it reads and refuses to publish; it declares nothing and waits for queues others
    /// declare, so its user needs read on the queues and write on the dead letters' exchange only. Safe to change, silo by silo.
    /// </summary>
    public StreamProviderDirection Direction { get; set; } = StreamProviderDirection.ReadWrite;

    /// <summary>
    /// First part of the names of exchange and queues. Default: null, <c>orleans.{ServiceId}.{provider}</c>. A data format: another prefix,
    /// service id or provider name leaves undelivered events behind in queues nobody reads.
    /// </summary>
    public string? NamePrefix { get; set; }

    /// <summary>
    /// Number of queues the streams are spread over. Default: 8; 1 to 1024. A data format: with another number a stream may live in another
    /// queue, so drain before changing it, or the order around the change is lost and queues beyond a smaller number are not read.
    /// More queues than silos × 2 help little; every queue costs each broker node a Raft log.
    /// </summary>
    public int QueueCount { get; set; } = 8;

    /// <summary>At most so many batches (calls of <c>OnNextAsync</c>) share one message. Default: 256; 1 to 4096. 1 turns coalescing off. Safe to change.</summary>
    public int MaxBatchesPerMessage { get; set; } = 256;

    /// <summary>Largest message body in bytes; a single batch larger than this is refused. Default: 1 MiB; 4 KiB to 16 MiB. Keep it below the broker's own limit.</summary>
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>Messages of one queue on their way without a confirm. Default: 4; 1 to 64. While they are, further batches pile up into the next message.</summary>
    public int MessagesInFlight { get; set; } = 4;

    /// <summary>
    /// Bytes of unconfirmed batches one process holds per queue; a publish beyond it is refused at once (back-pressure). Default: 64 MiB;
    /// at least <see cref="MaxMessageBytes"/>.
    /// </summary>
    public long MaxPendingBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>
    /// How long a caller waits for its confirm, over reconnections and a blocked broker; then it is told that the outcome is unknown.
    /// Default: 25 s, below Orleans' response timeout of 30 s; at least 1 s.
    /// </summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>A confirm that takes longer, on a broker that is not blocked, means a dead connection: it is given up and the message sent again. Default: 10 s; at least 100 ms.</summary>
    public TimeSpan ConfirmTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Messages of one queue the broker may send ahead of their acknowledgement. Default: 32; 1 to 1000. Memory of a silo: about queues ×
    /// prefetch × message size. After a crash at most this much per queue is delivered again.
    /// </summary>
    public ushort Prefetch { get; set; } = 32;

    /// <summary>
    /// How often the broker may redeliver a message before it dead-letters it (<c>x-delivery-limit</c>). Default: 100; 0 leaves it to the
    /// broker. Each crash and each move of a queue counts. A queue argument: changing it needs new queues, or the declaration is refused.
    /// </summary>
    public int DeliveryLimit { get; set; } = 100;

    /// <summary>
    /// Largest size of one queue in bytes (<c>x-max-length-bytes</c>); beyond it publishes are refused. Default: 0, the disk's limit.
    /// A queue argument: changing it needs new queues, or the declaration is refused.
    /// </summary>
    public long MaxQueueBytes { get; set; }

    /// <summary>Pause after a failed connection attempt; it doubles up to <see cref="MaxReconnectDelay"/>. Default: 200 ms; at least 10 ms.</summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause between connection attempts. Default: 5 s; at least <see cref="ReconnectDelay"/>.</summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>AMQP heartbeat: a silent connection is dead after about twice this. Default: 10 s; 1 s to 5 min.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often files and <see cref="Credentials"/> are compared with those in use; a difference renews the connections. A connection that is lost and not asked for is opened again then, too. Default: 30 s; at least 50 ms.</summary>
    public TimeSpan RotationCheckInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an idle read waits for a message instead of coming back at the next poll. Default: 100 ms; 0 to 1 s. Shutting a queue down
    /// may take as long.
    /// </summary>
    public TimeSpan ReceiveWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Takes <see cref="Hosts"/>, <see cref="VirtualHost"/>, <see cref="UserName"/> and <see cref="Password"/> from <c>amqp://user:password@host:port/virtual-host</c>;
    /// with <c>amqps</c> also <see cref="Tls"/> with its defaults, unless it is set.
    /// </summary>
    /// <param name="uri">The address; its parts are percent-encoded. What it leaves out stays as it is.</param>
    public void Connect(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        Hosts = uri.Port > 0 ? $"{uri.Host}:{uri.Port}" : uri.Host;
        if (uri.AbsolutePath.Length > 1) VirtualHost = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, var password]) (UserName, Password) = (Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
        if (uri.Scheme == "amqps") Tls ??= new RabbitMqTlsOptions();
    }

    /// <summary>Tests only.</summary>
    internal Cure Without { get; set; }

    internal bool Has(Cure cure) => (Without & cure) == 0;

    internal string PrefixFor(string serviceId, string provider) => NamePrefix ?? $"orleans.{serviceId}.{provider}";
}
