using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Commerce.ServiceDefaults;

/// <summary>
/// Which payment provider, and how it is reached: <c>Payments__Provider</c> (<c>sandbox</c>, <c>simulator</c> or <c>stripe</c>), <c>Payments__Url</c> (its interface),
/// <c>Payments__PageUrl</c> (where its pages are; its own origin otherwise), <c>Payments__SecretFile</c> (our key there), <c>Payments__HookSecretFile</c> (what its messages are signed with; the
/// same file otherwise), <c>Payments__TimeoutSeconds</c> (8).
/// </summary>
/// <param name="Provider">Its name, also in the address of its messages: <c>/v1/hooks/psp/{provider}</c>.</param>
public sealed record PaymentSettings(string Provider)
{
    /// <summary>The provider within the shop, to try it with.</summary>
    public const string Sandbox = "sandbox";

    /// <summary>The simulator: a program of its own.</summary>
    public const string Simulator = "simulator";

    /// <summary>Stripe.</summary>
    public const string Stripe = "stripe";

    /// <summary>Its interface; null with the sandbox, and where the provider's library knows it.</summary>
    public Uri? Url { get; init; }

    /// <summary>Where its pages are. Shoppers are sent nowhere else, whatever an answer says.</summary>
    public Uri? PageUrl { get; init; }

    /// <summary>Our key there; a gateway needs none.</summary>
    public string? Secret { get; init; }

    /// <summary>What its messages are signed with.</summary>
    public string? HookSecret { get; init; }

    /// <summary>How long an answer may take: less than the shop's own patience, so that a silence is told as one.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Whether shoppers can pay on a page of the provider's own.</summary>
    public bool HasPage => Provider != Sandbox;

    /// <summary>Reads the settings; without any it is the sandbox.</summary>
    public static PaymentSettings Of(IConfiguration values)
    {
        var payments = values.GetSection("Payments");
        var provider = payments["Provider"] is { Length: > 0 } named ? named : Sandbox;
        if (provider == Sandbox) return new PaymentSettings(Sandbox);
        if (provider is not (Simulator or Stripe)) throw new SettingsException($"Payments__Provider is {Sandbox}, {Simulator} or {Stripe}; it is '{provider}'.");

        var url = Address(payments, "Url");
        if (url is null && provider == Simulator) throw new SettingsException("Payments__Url is missing: where the payment simulator listens, such as http://127.0.0.1:5090.");
        var (secret, hookSecret) = (SecretIn(payments, "SecretFile"), SecretIn(payments, "HookSecretFile"));
        if (secret is null && hookSecret is null) throw new SettingsException("Payments__SecretFile is missing: the file with our key at the payment provider.");
        return new PaymentSettings(provider)
        {
            Url = url, PageUrl = Address(payments, "PageUrl") ?? (provider == Stripe ? new Uri("https://checkout.stripe.com") : url), Secret = secret,
            HookSecret = hookSecret ?? secret, Timeout = Seconds(payments["TimeoutSeconds"]),
        };
    }

    /// <summary>The records never show a secret.</summary>
    public override string ToString() => $"{nameof(PaymentSettings)} {{ Provider = {Provider}, Url = {Url} }}";

    private static Uri? Address(IConfigurationSection payments, string name) => payments[name] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" => url,
        var text => throw new SettingsException($"Payments__{name} is an http or https address; it is '{text}'."),
    };

    private static string? SecretIn(IConfigurationSection payments, string name) => payments[name] switch
    {
        null or "" => null,
        var file when File.Exists(file) && File.ReadAllText(file).Trim() is { Length: >= 16 } secret => secret,
        var file => throw new SettingsException($"Payments__{name} {file} holds no key of at least 16 characters."),
    };

    private static TimeSpan Seconds(string? text) => text is null ? TimeSpan.FromSeconds(8)
        : double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 9 ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException($"Payments__TimeoutSeconds is more than 0 and at most 9 seconds; it is '{text}'.");
}
