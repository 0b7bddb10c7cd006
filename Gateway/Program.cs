using Commerce.Gateway.Cluster;
using Commerce.Gateway.Composition;
using Commerce.ServiceDefaults;

return await ServiceProcess.Run(() =>
{
    var builder = WebApplication.CreateSlimBuilder(args);
    var settings = new ProcessSettings(builder.Configuration);
    builder.AddServiceDefaults();
    builder.WebHost.UseUrls(settings.Http);
    // A silo without a grain of ours: it calls the right silo directly, and hears at once when one dies.
    builder.UseOrleans(silo => silo.JoinCluster(settings).AddOutgoingGrainCallFilter<Failover>());
    builder.AddCommerceGateway(new GatewayOptions(settings.Data, settings.OperatorToken) { SecretsDir = settings.Secrets });
    builder.Services.AddAnalyticsProxy();

    var app = builder.Build();
    app.MapCommerceGateway();
    app.MapAnalyticsProxy();
    return app;
});
