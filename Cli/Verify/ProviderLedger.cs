using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.ServiceDefaults;
using Commerce.Silo.Payments;

namespace Commerce.Cli.Verify;

/// <summary>The books of a provider outside the shop.</summary>
internal static class ProviderLedger
{
    /// <summary>All operations by key; null when the provider is the sandbox, whose books are the shop's own storage.</summary>
    public static async Task<IReadOnlyDictionary<string, LedgerOperation>?> Read(string dataDir)
    {
        var provider = ShopProvider.In(dataDir);
        if (provider.Provider == PaymentSettings.Sandbox) return null;
        if (provider.Provider != PaymentSettings.Simulator)
            throw new MissingException($"The payments of this shop are with {provider.Provider}, whose books cannot be read from here; compare them with its own reports.");
        return (await Operations(dataDir, provider)).ToDictionary(operation => operation.Key, StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyList<LedgerOperation>> Operations(string dataDir, ShopProvider provider)
    {
        try
        {
            return await SimulatorLedger.Read(provider.Settings);
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException)
        {
            // A shop that is stopped has stopped its simulator, too; its file can be read.
            var file = Path.Combine(ShopProvider.DataOf(dataDir), SimulatorLedger.FileName);
            return provider.IsOwn && File.Exists(file)
                ? SimulatorLedger.Read(file)
                : throw new MissingException($"The payment simulator at {provider.Url} does not list its ledger ({away.Message}); start it, then run this again.");
        }
    }
}
