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
    // What the sender of messages cannot go on with ends the program.
    return app.Services.GetServices<IHostedService>().OfType<HookSender>().Single().ExecuteTask?.Exception?.InnerException is RefusedException refused ? throw refused : 0;
}
catch (RefusedException refused)
{
    await Console.Error.WriteLineAsync(refused.Message);
    return 3;
}
