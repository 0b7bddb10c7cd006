namespace Commerce.Silo.Journal;

/// <summary>The data folder cannot be used. The message is one sentence for the person who started the program, and names the cure.</summary>
public sealed class DataFolderException : Exception
{
    /// <summary>Says what is wrong and what to do.</summary>
    public DataFolderException(string message) : base(message) { }

    /// <summary>Says what is wrong and what to do, and keeps why.</summary>
    public DataFolderException(string message, Exception inner) : base(message, inner) { }

    /// <summary>For the analysers' sake.</summary>
    public DataFolderException() { }
}
