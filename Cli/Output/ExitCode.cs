namespace Commerce.Cli.Output;

/// <summary>What the process says at its end.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A check failed.</summary>
    public const int CheckFailed = 1;

    /// <summary>The command or its input is wrong.</summary>
    public const int WrongUsage = 2;

    /// <summary>Something needed is missing: the shop, a folder, the SDK.</summary>
    public const int Missing = 3;
}

/// <summary>Something needed is missing; the message says what and the cure, in one sentence.</summary>
internal sealed class MissingException(string message) : Exception(message);

/// <summary>What was asked cannot be done as asked; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>A check failed; the message says which.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
