using Commerce.Orders;
using Commerce.ServiceDefaults;

namespace Commerce.Silo.Composition;

/// <summary>How long an order waits for what, as the merchant wants it: <c>Commerce__Checkout__PayBy=00:10:00</c> and its like. What is not set is as the domain says.</summary>
public static class CheckoutSettings
{
    private const string Section = "Commerce:Checkout";

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromDays(365);

    private static readonly Dictionary<string, Func<CheckoutTerms, TimeSpan, CheckoutTerms>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(CheckoutTerms.ReserveWithin)] = (terms, time) => terms with { ReserveWithin = time },
        [nameof(CheckoutTerms.PayBy)] = (terms, time) => terms with { PayBy = time },
        [nameof(CheckoutTerms.ProviderSilence)] = (terms, time) => terms with { ProviderSilence = time },
        [nameof(CheckoutTerms.RetryFor)] = (terms, time) => terms with { RetryFor = time },
        [nameof(CheckoutTerms.CaptureWithin)] = (terms, time) => terms with { CaptureWithin = time },
        [nameof(CheckoutTerms.ReturnWindow)] = (terms, time) => terms with { ReturnWindow = time },
    };

    /// <summary>What this process' environment says.</summary>
    /// <inheritdoc cref="Read"/>
    public static CheckoutTerms Here => Read(new ConfigurationBuilder().AddEnvironmentVariables().Build());

    /// <summary>Reads the terms from environment or command line.</summary>
    /// <exception cref="SettingsException">A setting is unknown or out of bounds; the message names it and the cure.</exception>
    public static CheckoutTerms Read(IConfiguration values) =>
        values.GetSection(Section).GetChildren().Aggregate(new CheckoutTerms(), (terms, setting) =>
        {
            var name = $"Commerce__Checkout__{setting.Key}";
            if (!Settings.TryGetValue(setting.Key, out var with)) throw new SettingsException($"There is no setting {name}; there are {string.Join(", ", Settings.Keys)}.");
            return WrittenTime.TryParse(setting.Value, out var time) && time >= Shortest && time <= Longest
                ? with(terms, time)
                : throw new SettingsException($"{name} is a time from 00:00:01 to 365.00:00:00, such as 00:15:00, or 1.00:00:00 for a day; it is '{setting.Value}'.");
        });
}
