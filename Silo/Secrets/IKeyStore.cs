namespace Commerce.Silo.Secrets;

/// <summary>A subject's key as it is stored.</summary>
/// <param name="Exists">Whether the subject ever had one.</param>
/// <param name="Wrapped">The key, wrapped by the master key; null once it is destroyed.</param>
internal readonly record struct StoredKey(bool Exists, byte[]? Wrapped);

/// <summary>Where the wrapped keys are.</summary>
internal interface IKeyStore : IDisposable
{
    /// <summary>What proves the master key; null while there is none.</summary>
    Task<byte[]?> Proof();

    /// <summary>Keeps a proof if there is none, durably; answers the one that is there then.</summary>
    Task<byte[]> Prove(byte[] proof);

    Task<StoredKey> Find(string subject);

    /// <summary>Keeps a subject's first key, durably; answers what is there then, which may be another's or a destroyed one.</summary>
    Task<StoredKey> Add(string subject, byte[] wrapped);

    /// <summary>Destroys a subject's key, durably, and makes sure that none is ever made.</summary>
    Task Erase(string subject);
}
