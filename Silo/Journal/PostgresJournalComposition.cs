using Commerce.Kernel;
using Commerce.Payments;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Payments;
using Commerce.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Commerce.Silo.Journal;

/// <summary>Puts a cluster's storage into a silo. What a silo is given no database for, it cannot touch.</summary>
public static class PostgresJournalComposition
{
    /// <summary>The journals of the services this silo hosts, each in its own database; brought up to this version before the silo starts.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="connections">Service to connection string: <c>order</c> to <c>Host=…;Database=commerce_order;…</c>.</param>
    public static IServiceCollection AddPostgresJournal(this IServiceCollection services, IReadOnlyDictionary<string, string> connections)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new ServiceDatabases(connections));
        services.AddSingleton<PostgresJournal>();
        services.AddSingleton<IJournal>(static provider => provider.GetRequiredService<PostgresJournal>());
        services.AddSingleton<PostgresLeases>();
        return services.Migrated(PostgresMigrations.Journal);
    }

    /// <summary>
    /// The key rings of the services, each in its own database; the master key is a file in <paramref name="secrets"/>, the same for all silos. One that does not fit stops the host with
    /// <see cref="SettingsException"/>.
    /// </summary>
    public static IServiceCollection AddPostgresKeyRing(this IServiceCollection services, string secrets)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ServiceSealer>(provider, secrets));
        services.AddSingleton<ISealer>(static provider => provider.GetRequiredService<ServiceSealer>());
        return services.BeforeStart(provider =>
        {
            try
            {
                Open(provider.GetRequiredService<ServiceSealer>()).GetAwaiter().GetResult();
            }
            catch (DataFolderException wrong)
            {
                throw new SettingsException(wrong.Message, wrong);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                throw new SettingsException($"The master key in {secrets} cannot be read or made: {unreadable.Message}", unreadable);
            }
        });
    }

    // A database that went away since it was asked is waited for, as it was then.
    private static async Task Open(ServiceSealer sealer)
    {
        while (true)
        {
            try
            {
                await sealer.OpenAll();
                return;
            }
            catch (DependencyUnavailableException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>The sandbox payment provider with its ledger in the payment service's database; only where that role is hosted.</summary>
    public static IServiceCollection AddPostgresSandboxProvider(this IServiceCollection services)
    {
        services.AddSingleton(static provider => SandboxProvider.Open(
            provider.GetRequiredService<ServiceDatabases>().Of("payment"), provider.GetRequiredService<ILogger<SandboxProvider>>()));
        services.AddSingleton<IPaymentProvider>(static provider => provider.GetRequiredService<SandboxProvider>());
        return services.Migrated(PostgresMigrations.Sandbox, only: "payment");
    }

    // Silos that start at once take turns, and all but the first find it done.
    private static IServiceCollection Migrated(this IServiceCollection services, Action<string> migrate, string? only = null) => services.BeforeStart(provider =>
    {
        var databases = provider.GetRequiredService<ServiceDatabases>();
        foreach (var service in databases.Services.Where(name => only is null || name == only)) migrate(databases.ConnectionOf(service));
    });
}
