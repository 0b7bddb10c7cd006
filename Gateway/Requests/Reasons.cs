using Commerce.Kernel;

namespace Commerce.Gateway.Requests;

/// <summary>Reasons in words, as people give them for a cancellation or a return.</summary>
internal static class Reasons
{
    private const int Longest = 200;

    /// <summary>What is wrong with a reason; null when nothing is.</summary>
    public static Refusal? Check(string? reason, bool needed) => reason switch
    {
        null => needed ? KernelErrors.Invalid("/reason", "Say why.") : null,
        _ when reason.Length > Longest || needed && string.IsNullOrWhiteSpace(reason) => KernelErrors.Invalid("/reason", $"A reason has 1 to {Longest} characters."),
        _ => null,
    };

    /// <summary>The reason, or what stands for none.</summary>
    public static string Of(string? reason, string otherwise) => string.IsNullOrWhiteSpace(reason) ? otherwise : reason.Trim();
}
