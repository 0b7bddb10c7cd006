using Commerce.PspSimulator;

try
{
    var settings = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
    await using var app = Simulator.Build(SimulatorOptions.Of(settings));
    await app.StartAsync();
    await Console.Out.WriteLineAsync($"ready {app.Urls.First()}");
    // A parent that dies closes this: nothing is left behind.
    if (settings["EndWithInput"] is "true") _ = Console.In.ReadToEndAsync().ContinueWith(_ => app.Lifetime.StopApplication(), TaskScheduler.Default);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (RefusedException refused)
{
    await Console.Error.WriteLineAsync(refused.Message);
    return 3;
}
