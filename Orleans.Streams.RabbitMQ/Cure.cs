namespace Orleans.Streams.RabbitMQ;

/// <summary>
/// What keeps a promise of the README, one by one. All are always on; only this library's tests take one away, to show that the test of
/// the promise then fails.
/// </summary>
[Flags]
internal enum Cure
{
    None = 0,

    /// <summary>Callers wait for the publisher confirm.</summary>
    Confirm = 1 << 0,

    /// <summary>Unroutable messages are returned instead of dropped.</summary>
    Mandatory = 1 << 1,

    /// <summary>Messages are acknowledged after delivery, not when they are read.</summary>
    AcknowledgeLast = 1 << 2,

    /// <summary>Queues are dealt to silos that host the provider only.</summary>
    DealToHosts = 1 << 3,

    /// <summary>Events no consumer takes become dead letters.</summary>
    DeadLetter = 1 << 4,

    /// <summary>What was not confirmed when a connection broke is sent again.</summary>
    SendAgain = 1 << 5,

    /// <summary>Messages handed in twice are recognised by their id.</summary>
    KnowRepeats = 1 << 6,

    /// <summary>A lost connection is opened again.</summary>
    Reconnect = 1 << 7,

    /// <summary>Pending bytes are bounded.</summary>
    BoundPending = 1 << 8,

    /// <summary>Publishes wait while the broker is blocked, and the clock of a dead connection stands still.</summary>
    WaitWhileBlocked = 1 << 9,

    /// <summary>After a broken connection the oldest message is confirmed before a later one is sent.</summary>
    KeepOrder = 1 << 10,

    /// <summary>Failed deliveries are settled with the others once they are dead letters, or the client they were for is gone.</summary>
    SettleFailed = 1 << 11,

    /// <summary>The host's name in the broker's certificate is compared.</summary>
    CheckHostName = 1 << 12,
}
