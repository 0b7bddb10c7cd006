namespace Commerce.Silo.Composition;

/// <summary>Keeps a grain that works by itself awake, whichever silo it runs in: who asks it after its silo has died makes it live elsewhere.</summary>
internal sealed class KeptAwake(Func<Task> ask, TimeProvider time) : BackgroundService
{
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Asked().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Asked() => await ask();
}

/// <summary>Puts it into a silo.</summary>
internal static class KeptAwakeComposition
{
    /// <summary>Keeps the grain of this kind and key awake.</summary>
    public static ISiloBuilder KeepAwake<TGrain>(this ISiloBuilder silo, string key, Func<TGrain, Task> ask) where TGrain : IGrainWithStringKey
    {
        silo.Services.AddSingleton<IHostedService>(provider => new KeptAwake(
            () => ask(provider.GetRequiredService<IGrainFactory>().GetGrain<TGrain>(key)), provider.GetRequiredService<TimeProvider>()));
        return silo;
    }
}
