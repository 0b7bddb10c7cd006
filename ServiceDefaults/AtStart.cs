using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Commerce.ServiceDefaults;

/// <summary>What a host does once, at one moment of its start.</summary>
public static class AtStart
{
    /// <summary>Before the silo and the servers start, in the order of registration: what fails here is said at once and by its own name.</summary>
    public static IServiceCollection BeforeStart(this IServiceCollection services, Action<IServiceProvider> work) =>
        services.AddSingleton<IHostedService>(provider => new Moment(provider) { Before = work });

    /// <summary>When everything has started.</summary>
    public static IServiceCollection OnceStarted(this IServiceCollection services, Action<IServiceProvider> work) =>
        services.AddSingleton<IHostedService>(provider => new Moment(provider) { After = work });

    private sealed class Moment(IServiceProvider services) : IHostedLifecycleService
    {
        public Action<IServiceProvider>? Before { get; init; }

        public Action<IServiceProvider>? After { get; init; }

        public Task StartingAsync(CancellationToken cancellationToken) => Do(Before);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Do(After);

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        private Task Do(Action<IServiceProvider>? work)
        {
            work?.Invoke(services);
            return Task.CompletedTask;
        }
    }
}
