using Commerce.Analytics.Composition;
using Commerce.Analytics.Queries;
using Commerce.Gateway.Access;
using Commerce.Gateway.Composition;
using Commerce.Silo.Composition;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Shops;

/// <summary>The whole shop in one process: a silo with every role, the gateway, and analytics beside them.</summary>
internal static class EmbeddedShop
{
    /// <summary>Composes the shop on a data folder and a port of this machine. Starting it opens the folder.</summary>
    public static WebApplication Build(string dataDir, int port, string operatorToken)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            // Orleans warns of this machine's size and of every consumer that stops at shutdown; its errors are still said.
            .AddFilter("Orleans", LogLevel.Error);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));

        builder.Services.AddSqliteJournal(dataDir).AddKeyRing(dataDir).AddSandboxProvider(dataDir);
        builder.UseOrleans(silo => silo.AddCommerceGrains().UseEmbeddedCluster().AddCommerceAnalytics(dataDir));
        builder.AddCommerceGateway(new GatewayOptions(dataDir, operatorToken));

        var app = builder.Build();
        app.MapCommerceGateway();
        app.MapAnalytics().OperatorsOnly();
        return app;
    }
}
