using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.ServiceDefaults;

/// <summary>What every process of ours has in common: how it logs, how it stops, how it says what is wrong with its settings.</summary>
public static class ServiceProcess
{
    /// <summary>How long what runs may go on after the order to stop.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(15);

    /// <summary>Whatever hangs (a silo waits for a database that is gone), the process ends: nothing that was answered can be lost by it.</summary>
    private static readonly TimeSpan StopAtTheLatest = TimeSpan.FromSeconds(25);

    private const int MissingSetting = 3, CutShort = 1;

    /// <summary>JSON logs with their scopes on stdout, a line each; a stop that ends in time.</summary>
    public static IHostApplicationBuilder AddServiceDefaults(this IHostApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.None).AddFilter("Yarp", LogLevel.Warning);
        builder.Logging.AddJsonConsole(json => (json.IncludeScopes, json.UseUtcTimestamp, json.TimestampFormat) = (true, true, "O"));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        if (builder.Configuration["TestClock"] is { Length: > 0 } clock)
        {
            TestClock.RefuseInProduction();
            builder.Services.AddSingleton<TimeProvider>(new TestClock(clock));
        }

        return builder;
    }

    /// <summary>Runs a process until it is told to stop.</summary>
    /// <param name="build">Makes the host of its settings.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> Run(Func<IHost> build)
    {
        try
        {
            using var host = build();
            using var deadline = new Timer(static _ => Environment.Exit(CutShort), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => deadline.Change(StopAtTheLatest, Timeout.InfiniteTimeSpan));
            await host.RunAsync();
            return 0;
        }
        catch (SettingsException missing)
        {
            await Console.Error.WriteLineAsync(missing.Message);
            return MissingSetting;
        }
    }
}
