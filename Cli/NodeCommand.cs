using System.CommandLine;
using Commerce.Gateway.Cluster;
using Commerce.Gateway.Composition;
using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;

namespace Commerce.Cli;

/// <summary>
/// A process of a cluster that is silo and gateway in one, as <c>up --cluster --gateways 0</c> starts it; its settings are those of both. A request that
/// finds its grains here crosses no process.
/// </summary>
internal static class NodeCommand
{
    public const string Name = "node";

    public static Command Create()
    {
        var command = new Command(Name, "A silo and a gateway in one process of a cluster; told its settings by environment.") { Hidden = true, TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, stop) => ServiceProcess.Run(Name, [.. parsed.UnmatchedTokens], Compose, Map, stop));
        return command;
    }

    private static void Compose(WebApplicationBuilder builder, ProcessSettings settings)
    {
        builder.AddCommerceSilo(settings);
        builder.AddCommerceGateway(GatewayOptions.Of(settings));
        builder.Services.AddAnalyticsProxy();
    }

    private static void Map(WebApplication app, ProcessSettings _)
    {
        app.MapCommerceGateway();
        app.MapAnalyticsProxy();
    }
}
