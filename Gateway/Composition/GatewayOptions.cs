using Commerce.ServiceDefaults;

namespace Commerce.Gateway.Composition;

/// <summary>What the gateway must be told.</summary>
/// <param name="DataDir">Folder of its own files: <c>gateway.db</c>, the read models; it can be rebuilt.</param>
/// <param name="OperatorToken">The operator's token, as the shop wrote it to <c>operator-token</c>.</param>
public sealed record GatewayOptions(string DataDir, string OperatorToken)
{
    /// <summary>Reads them from a process's settings.</summary>
    public static GatewayOptions Of(ProcessSettings settings) => new(settings.Data, settings.OperatorToken)
    {
        SecretsDir = settings.Secrets, Payments = settings.Payments, PublicOrigin = settings.PublicOrigin,
    };

    /// <summary>Folder of <c>gateway.key</c>; gateways of one shop share it.</summary>
    public string SecretsDir { get; init; } = Path.Combine(DataDir, "secrets");

    /// <summary>The payment provider: what its messages are signed with, where its pages are.</summary>
    public PaymentSettings Payments { get; init; } = new(PaymentSettings.Sandbox);

    /// <summary>Where shoppers reach the shop, such as <c>https://shop.example.org</c>; null: where this process listens.</summary>
    public Uri? PublicOrigin { get; init; }

    /// <summary>Largest request body in bytes: 1,000 cart lines take about 100 KB.</summary>
    public const int MaxBody = 1024 * 1024;

    /// <summary>Deepest JSON in levels; ours need six.</summary>
    public const int MaxDepth = 32;

    /// <summary>Whether to follow the feeds into the read models; off where a test has no feeds.</summary>
    public bool FollowFeeds { get; init; } = true;

    /// <summary>The records never show the token.</summary>
    public override string ToString() => $"{nameof(GatewayOptions)} {{ DataDir = {DataDir} }}";
}
