namespace Commerce.Analytics.Store;

/// <summary>The store cannot be used as it is. The message is one sentence for the person who runs the shop, and names the cure.</summary>
public sealed class AnalyticsStoreException : InvalidOperationException
{
    /// <summary>Says what is wrong and what to do.</summary>
    public AnalyticsStoreException(string message) : base(message) { }

    /// <summary>Says what is wrong and what to do, and keeps why.</summary>
    public AnalyticsStoreException(string message, Exception inner) : base(message, inner) { }

    /// <summary>For the analysers' sake.</summary>
    public AnalyticsStoreException() { }
}
