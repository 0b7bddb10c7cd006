using System.Net;
using Commerce.Analytics.Composition;
using Commerce.Analytics.Queries;
using Commerce.Analytics.ReadModels;
using Commerce.Gateway.Access;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Requests;
using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;
using Commerce.Silo.Journal;
using Commerce.Silo.Payments;

namespace Commerce.Cli.Shops;

/// <summary>A whole shop in one process: silo, gateway and analytics over one data folder.</summary>
internal static class EmbeddedShop
{
    /// <summary>How long what runs may go on after the order to stop; a supervisor waits 30 s.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(20);

    public static WebApplication Build(DataFolder folder, int port, string operatorToken, PaymentSettings? payments = null, string? clock = null)
    {
        var dataDir = folder.Path;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // stdout says `ready` and nothing else; the rest goes to stderr.
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.AddTelemetry("shop", $"shop-{port}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));

        // What stops it from starting is said once, in one sentence, by the command.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        // Orleans warns of the size of this machine and of every consumer that stops at shutdown; its errors are still said.
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.Logging.AddFilter("Polly", LogLevel.None);
        builder.Services.AddSingleton(folder);
        builder.Services.AddSingleton(CheckoutSettings.Here);
        if (clock is not null) builder.Services.AddSingleton<TimeProvider>(new TestClock(clock));
        builder.Services.AddSqliteJournal(dataDir).AddKeyRing(dataDir);
        payments ??= new PaymentSettings(PaymentSettings.Sandbox);
        if (!builder.Services.AddPaymentProvider(payments)) builder.Services.AddSandboxProvider(dataDir);
        builder.UseOrleans(silo => silo.AddCommerceGrains().UseEmbeddedCluster(port, ProjectionFold.Services).AddCommerceAnalytics(dataDir));
        builder.AddCommerceGateway(new GatewayOptions(dataDir, operatorToken) { Payments = payments });

        builder.Services.AddHostedService<IdleMemory>();

        var app = builder.Build();
        app.MapCommerceGateway();
        app.MapAnalytics().OperatorsOnly().NeedsKey();
        return app;
    }
}
