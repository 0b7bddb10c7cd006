using Commerce.Analytics.Composition;
using Commerce.ServiceDefaults;

return await ServiceProcess.Run(() =>
{
    var builder = WebApplication.CreateSlimBuilder(args);
    var settings = new ProcessSettings(builder.Configuration);
    builder.AddServiceDefaults();
    builder.WebHost.UseUrls(settings.Http);
    builder.UseOrleans(silo => silo.AddAnalyticsReplica(settings));

    var app = builder.Build();
    app.MapAnalyticsReplica(settings);
    return app;
});
