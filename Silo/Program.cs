using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;

return await ServiceProcess.Run("silo", args, (builder, settings) => builder.AddCommerceSilo(settings), (app, settings) => app.MapOperations(settings));
