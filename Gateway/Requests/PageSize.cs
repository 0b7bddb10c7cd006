namespace Commerce.Gateway.Requests;

/// <summary>How many items a page has.</summary>
internal static class PageSize
{
    /// <summary>Most items on a page.</summary>
    public const int Max = 100;

    private const int Usual = 50;

    /// <summary>What was asked for, within bounds.</summary>
    public static int Of(int? limit) => Math.Clamp(limit ?? Usual, 1, Max);
}
