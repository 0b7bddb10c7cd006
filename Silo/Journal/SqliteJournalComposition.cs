using Commerce.Kernel;
using Commerce.Payments;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Silo.Payments;
using Commerce.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Commerce.Silo.Journal;

/// <summary>Puts the embedded shop's storage into a host: opened before anything else starts, closed after everything else has stopped.</summary>
public static class SqliteJournalComposition
{
    /// <summary>The journals of all services in <c>journal.db</c>. A folder that cannot be used stops the host with <see cref="DataFolderException"/>.</summary>
    public static IServiceCollection AddSqliteJournal(this IServiceCollection services, string dataFolder)
    {
        services.AddDataFolder(dataFolder);
        services.AddSingleton(static provider => SqliteJournal.Open(
            provider.GetRequiredService<DataFolder>().Journal,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SqliteJournal>>()));
        services.AddSingleton<IJournal>(static provider => provider.GetRequiredService<SqliteJournal>());
        return services.OpenedAtStart<SqliteJournal>();
    }

    /// <summary>The key ring in <c>keys.db</c>, its master key in <c>secrets/</c>.</summary>
    public static IServiceCollection AddKeyRing(this IServiceCollection services, string dataFolder)
    {
        services.AddDataFolder(dataFolder);
        services.AddSingleton(static provider => KeyRing.Open(
            provider.GetRequiredService<DataFolder>().Keys,
            provider.GetRequiredService<DataFolder>().Secrets,
            provider.GetRequiredService<ILogger<KeyRing>>()));
        services.AddSingleton<ISealer>(static provider => provider.GetRequiredService<KeyRing>());
        return services.OpenedAtStart<KeyRing>();
    }

    /// <summary>The sandbox payment provider with its ledger in <c>psp.db</c>.</summary>
    public static IServiceCollection AddSandboxProvider(this IServiceCollection services, string dataFolder)
    {
        services.AddDataFolder(dataFolder);
        services.AddSingleton(static provider => SandboxProvider.Open(
            provider.GetRequiredService<DataFolder>().Provider,
            provider.GetRequiredService<ILogger<SandboxProvider>>()));
        services.AddSingleton<IPaymentProvider>(static provider => provider.GetRequiredService<SandboxProvider>());
        return services.OpenedAtStart<SandboxProvider>();
    }

    private static void AddDataFolder(this IServiceCollection services, string path)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => DataFolder.Open(path));
    }

    private static IServiceCollection OpenedAtStart<T>(this IServiceCollection services) where T : class =>
        services.BeforeStart(static provider => provider.GetRequiredService<T>());
}
