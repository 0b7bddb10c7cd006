using Commerce.Gateway.Access;
using Commerce.Gateway.Admin;
using Commerce.Gateway.Carts;
using Commerce.Gateway.Checkouts;
using Commerce.Gateway.Health;
using Commerce.Gateway.Orders;
using Commerce.Gateway.Payments;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Products;
using Commerce.Gateway.ReadModels;
using Commerce.Gateway.Requests;
using Commerce.ServiceDefaults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Commerce.Gateway.Composition;

/// <summary>
/// The edge of the shop, in whatever process hosts it: alone, or beside silo and analytics. The host brings <see cref="IGrainFactory"/> and
/// <see cref="IClusterClient"/>.
/// </summary>
public static class GatewayComposition
{
    /// <summary>Registers what the gateway needs.</summary>
    public static IHostApplicationBuilder AddCommerceGateway(this IHostApplicationBuilder builder, GatewayOptions options)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(_ => Secrets.Load(options));
        services.AddSingleton<Shop>();
        services.AddSingleton<ProductPages>();
        services.AddSingleton<ScarceGoods>();
        services.AddSingleton<Rush>();
        services.AddSingleton<Checkout>();
        services.AddSingleton<ReturnAddress>();
        services.AddSingleton<Looks>();
        services.AddSingleton<RecentKeys>();
        services.AddSingleton<ReadStore>();
        services.AddReadModel<ProductIndex>(options);
        services.AddReadModel<OrderIndex>(options);
        services.ConfigureHttpJsonOptions(json => GatewayJson.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(Limit);
        services.AddShopOpenApi();
        // Below this, the framework writes every address it is asked for; a cart's address is its secret.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        return builder;
    }

    /// <summary>Maps the routes. Routes mapped in the same application by others pass the same gate: they declare a policy or are closed.</summary>
    public static WebApplication MapCommerceGateway(this WebApplication app)
    {
        app.UseMiddleware<Faults>();
        app.Use((http, next) =>
        {
            // The server remembers what was asked, and leaves the body out.
            if (HttpMethods.IsHead(http.Request.Method)) http.Request.Method = HttpMethods.Get;
            return next(http);
        });
        app.UseRouting();
        app.Use((http, next) =>
        {
            EncodedNames.Restore(http);
            return next(http);
        });
        app.UseMiddleware<Gate>();
        app.UseMiddleware<BodyGuard>();
        app.UseMiddleware<Idempotency>();

        ProductEndpoints.Map(app);
        CartEndpoints.Map(app);
        CheckoutEndpoints.Map(app);
        OrderEndpoints.Map(app);
        PayPage.Map(app);
        HookEndpoints.Map(app);
        ProductAdminEndpoints.Map(app);
        StockAdminEndpoints.Map(app);
        OrderAdminEndpoints.Map(app);
        CustomerAdminEndpoints.Map(app);
        ClusterEndpoints.Map(app);
        HealthEndpoints.Map(app);
        app.MapMetrics().OperatorsOnly();
        app.MapShopOpenApi();
        return app;
    }

    private static void AddReadModel<T>(this IServiceCollection services, GatewayOptions options) where T : class, IReadModel
    {
        services.AddSingleton<T>();
        if (options.FollowFeeds) services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<Follower>(provider, provider.GetRequiredService<T>()));
    }

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = GatewayOptions.MaxBody;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
    }
}
