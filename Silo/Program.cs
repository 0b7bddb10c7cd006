using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;

return await ServiceProcess.Run(() =>
{
    var builder = Host.CreateApplicationBuilder(args);
    var settings = new ProcessSettings(builder.Configuration);
    builder.AddServiceDefaults();
    builder.AddCommerceSilo(settings);
    return builder.Build();
});
