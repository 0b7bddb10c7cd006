namespace Commerce.Kernel;

/// <summary>The key of whom this is about was destroyed: nothing can be sealed under it any more.</summary>
public sealed class KeyDestroyedException : Exception
{
    /// <summary>Says so.</summary>
    public KeyDestroyedException(string message) : base(message) { }

    /// <summary>For the analysers' sake.</summary>
    public KeyDestroyedException() { }

    /// <summary>For the analysers' sake.</summary>
    public KeyDestroyedException(string message, Exception inner) : base(message, inner) { }
}
