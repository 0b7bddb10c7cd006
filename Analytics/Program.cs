using Commerce.Analytics.Composition;
using Commerce.Kernel;
using Commerce.ServiceDefaults;

return await ServiceProcess.Run(() =>
{
    var builder = WebApplication.CreateSlimBuilder(args);
    var settings = new ProcessSettings(builder.Configuration);
    builder.AddServiceDefaults();
    builder.WebHost.UseUrls(settings.Http);
    if (Laboratory.Of(builder.Configuration, builder.Environment) is { } laboratory)
    {
        builder.Services.AddSingleton(laboratory).AddSingleton(laboratory.Clock);
        laboratory.OnCrashOrder(order => CrashPoint.Arm(CrashPoint.Parse(order, laboratory.Crash)));
    }

    builder.UseOrleans(silo => silo.AddAnalyticsReplica(settings));

    var app = builder.Build();
    app.MapAnalyticsReplica(settings);
    return app;
});
