namespace Commerce.Kernel;

/// <summary>Seals personal data under its subject's own key, and opens it as long as that key exists.</summary>
public interface ISealer
{
    /// <summary>Encrypts; makes the subject's key, durably, if there is none. A destroyed key is never made again: <see cref="KeyDestroyedException"/>.</summary>
    Task<Sealed<T>> Seal<T>(string subject, T value);

    /// <summary>Decrypts; null once the key is destroyed.</summary>
    Task<T?> Open<T>(Sealed<T> box) where T : class;

    /// <summary>Destroys the subject's key, durably.</summary>
    Task Erase(string subject);
}
