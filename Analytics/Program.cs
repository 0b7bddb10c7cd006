using Commerce.Analytics.Composition;
using Commerce.ServiceDefaults;

return await ServiceProcess.Run("analytics", args, (builder, settings) => builder.AddAnalyticsReplica(settings), (app, settings) => app.MapAnalyticsReplica(settings));
