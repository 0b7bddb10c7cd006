using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Commerce.Feeds;
using Commerce.Gateway.Cluster;
using Commerce.Gateway.Composition;
using Commerce.Kernel;
using Commerce.Kit.Journal;
using Commerce.Payments;
using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;
using Commerce.Silo.Relay;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(Commerce.Gateway.Tests.Shop.TestShop))]

namespace Commerce.Gateway.Tests.Shop;

/// <summary>A whole shop in this process: real grains on a journal in memory, real streams, the gateway on a free port.</summary>
public sealed class TestShop : IAsyncLifetime
{
    public const string OperatorToken = "operator-token-of-the-tests", HookSecret = "hook-secret-of-the-tests", ProviderPage = "http://psp.test/";

    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-gateway-").FullName;
    private readonly ConcurrentDictionary<(GrainId Grain, string Method), int> _calls = [];
    private WebApplication? _app;

    public MemoryJournal Journal { get; } = new();

    /// <summary>The provider, with the test as the shopper on its pages.</summary>
    internal TestProvider Payments { get; } = new();

    public LogBook Log { get; } = new();

    /// <summary>How often the description of the interface was written.</summary>
    public int DescriptionsWritten { get; private set; }

    /// <summary>Whether writing it fails.</summary>
    public bool DescriptionFails { get; set; }

    /// <summary>How often a cart was asked something.</summary>
    public int Calls(CartId cart, string method) => _calls.GetValueOrDefault((GrainId.Create("cart", Keys.Cart(cart)), method));

    public string DataDir => _folder;

    public string Url => _app!.Urls.First();

    public IServiceProvider Services => _app!.Services;

    public IEnumerable<RouteEndpoint> Routes => _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(Log).SetMinimumLevel(LogLevel.Information);
        builder.UseOrleans(silo =>
        {
            silo.UseEmbeddedCluster(httpPort: 0).AddCommerceGrains().AddIncomingGrainCallFilter(call =>
            {
                _calls.AddOrUpdate((call.TargetId, call.MethodName), 1, static (_, so) => so + 1);
                return call.Invoke();
            });
            silo.Services.AddSingleton<IJournal>(Journal).AddSingleton<ISealer, OpenSealer>().AddSingleton<IPaymentProvider>(Payments);
        });
        builder.AddCommerceGateway(new GatewayOptions(_folder, OperatorToken)
        {
            Payments = new PaymentSettings(PaymentSettings.Simulator) { HookSecret = HookSecret, PageUrl = new Uri(ProviderPage) },
        });
        builder.AddTelemetry("shop", "shop-of-the-tests");
        builder.Services.AddAnalyticsProxy();
        builder.Services.Configure<OpenApiOptions>("v1", options => options.AddDocumentTransformer((_, _, _) =>
        {
            DescriptionsWritten++;
            return DescriptionFails ? throw new InvalidOperationException("not now") : Task.CompletedTask;
        }));
        _app = builder.Build();
        _app.MapCommerceGateway();
        _app.MapAnalyticsProxy();
        // What somebody forgot to declare, and what somebody forgot to catch.
        _app.MapGet("/v1/undeclared", () => "open to nobody");
        await _app.StartAsync();
    }

    public HttpClient Guest() => new() { BaseAddress = new Uri(Url) };

    public HttpClient Operator() => With(OperatorToken);

    public HttpClient With(string token)
    {
        var client = Guest();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Waits for something that a read model will show soon; says what it waited for in vain.</summary>
    public static async Task Eventually(string what, Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await holds())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException($"In vain: {what}.");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
