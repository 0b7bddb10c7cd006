using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.ServiceDefaults;

/// <summary>What every process of ours has in common: how it logs, how it starts and stops, how it says what is wrong with its settings.</summary>
public static class ServiceProcess
{
    /// <summary>How long what runs may go on after the order to stop.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(15);

    /// <summary>Whatever hangs (a silo waits for a database that is gone), the process ends: nothing that was answered can be lost by it.</summary>
    private static readonly TimeSpan StopAtTheLatest = TimeSpan.FromSeconds(25);

    private const int Missing = 3, CutShort = 1;

    /// <summary>Runs a process until it is told to stop. It waits for its databases before it starts anything.</summary>
    /// <param name="program">What it is: <c>silo</c>, <c>gateway</c>, <c>analytics</c>.</param>
    /// <param name="args">Command line.</param>
    /// <param name="compose">Puts into it what it does.</param>
    /// <param name="map">Maps its routes.</param>
    /// <param name="stop">Tells it to stop, where somebody else hears the signals.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> Run(string program, string[] args, Action<WebApplicationBuilder, ProcessSettings> compose, Action<WebApplication, ProcessSettings> map, CancellationToken stop = default)
    {
        try
        {
            var builder = WebApplication.CreateSlimBuilder(args);
            var settings = new ProcessSettings(builder.Configuration);
            builder.AddServiceDefaults();
            builder.AddTelemetry(program, settings.Name);
            builder.WebHost.UseUrls(settings.Http);
            await Databases.Answer(builder.Configuration, Console.Error);
            compose(builder, settings);

            await using var app = builder.Build();
            map(app, settings);
            using var deadline = new Timer(static _ => Environment.Exit(CutShort), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            app.Lifetime.ApplicationStopping.Register(() => deadline.Change(StopAtTheLatest, Timeout.InfiniteTimeSpan));
            var clock = app.Services.GetRequiredService<ClockWatch>();
            await ((IHost)app).RunAsync(stop);
            return clock.SetBack ? CutShort : 0;
        }
        catch (SettingsException missing)
        {
            await Console.Error.WriteLineAsync(missing.Message);
            return Missing;
        }
        catch (Exception failed) when (Databases.Away(failed) is { } away)
        {
            await Console.Error.WriteLineAsync($"{away} This process ends; whoever supervises it starts it again.");
            return Missing;
        }
    }

    /// <summary>JSON logs on stdout, a line each, with the scopes and the request they belong to; a stop that ends in time.</summary>
    private static void AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.None).AddFilter("Yarp", LogLevel.Warning);
        builder.Logging.AddJsonConsole(json => (json.IncludeScopes, json.UseUtcTimestamp, json.TimestampFormat) = (true, true, "O"));
        builder.Services.AddSingleton<IExternalScopeProvider, CallScopes>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.Services.AddSingleton<ClockWatch>().AddHostedService(static services => services.GetRequiredService<ClockWatch>());
        if (builder.Configuration["TestClock"] is not { Length: > 0 } clock) return;
        TestClock.RefuseInProduction();
        builder.Services.AddSingleton<TimeProvider>(new TestClock(clock));
    }
}
