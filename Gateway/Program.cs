using Commerce.Gateway.Cluster;
using Commerce.Gateway.Composition;
using Commerce.ServiceDefaults;

return await ServiceProcess.Run(
    "gateway", args,
    (builder, settings) =>
    {
        // A silo without a grain of ours: it calls the right silo directly, and hears at once when one dies.
        builder.UseOrleans(silo => silo.JoinCluster(settings).AddOutgoingGrainCallFilter<Failover>());
        builder.AddCommerceGateway(GatewayOptions.Of(settings));
        builder.Services.AddAnalyticsProxy();
    },
    (app, _) =>
    {
        app.MapCommerceGateway();
        app.MapAnalyticsProxy();
    });
