using Commerce.Payments;
using Commerce.ServiceDefaults;

namespace Commerce.Silo.Payments;

/// <summary>Puts the payment provider of the settings into a silo.</summary>
public static class PaymentComposition
{
    /// <summary>A provider outside the shop. False for the sandbox, which needs storage and is added with it.</summary>
    public static bool AddPaymentProvider(this IServiceCollection services, PaymentSettings settings)
    {
        if (settings.Provider == PaymentSettings.Sandbox) return false;
        if (settings.Secret is null) throw new SettingsException("Payments__SecretFile is missing: the file with our key at the payment provider.");
        services.AddSingleton<IPaymentProvider>(provider => settings.Provider == PaymentSettings.Stripe
            ? ActivatorUtilities.CreateInstance<StripeProvider>(provider, settings)
            : ActivatorUtilities.CreateInstance<SimulatorProvider>(provider, settings));
        return true;
    }
}
