using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Commerce.Analytics.Composition;
using Commerce.Analytics.Queries;
using Commerce.Analytics.ReadModels;
using Commerce.Analytics.ReadModels.Lag;
using Commerce.Analytics.Store;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Kit.Journal;
using Commerce.Silo.Relay;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.Tests.Consumers;

/// <summary>One process as `commerce up` composes it, without the grains that decide: journal in memory, feeds, relays, memory streams, analytics, HTTP.</summary>
internal sealed class EmbeddedShop : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, int> _recorded = [];

    private EmbeddedShop(WebApplication app, HttpClient http) => (_app, Http) = (app, http);

    public HttpClient Http { get; }

    public MemoryJournal Journal { get; private init; } = null!;

    public LagQuery Lag => _app.Services.GetRequiredService<LagQuery>();

    public static async Task<EmbeddedShop> Start(AnalyticsStorage storage, MemoryJournal journal, Func<IFeedPublisher, IFeedPublisher>? stream = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = FreePorts();
            silo.UseLocalhostClustering(siloPort, gatewayPort);
            silo.Services.AddSingleton<IJournal>(journal);
            if (stream is not null)
            {
                silo.Services.AddSingleton(provider => stream(ActivatorUtilities.CreateInstance<StreamPublisher>(provider)));
                silo.Services.AddSingleton<IRelayCursor, FromTheStart>();
            }

            silo.AddMemoryFeedStreams(FeedStreams.Services).AddRelays(FeedStreams.Services).AddCommerceAnalytics(storage);
        });
        var app = builder.Build();
        app.MapAnalytics();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new EmbeddedShop(app, new HttpClient { BaseAddress = new Uri(address) }) { Journal = journal };
    }

    /// <summary>Records what is new in these feeds.</summary>
    public async Task Record(Happenings happened)
    {
        foreach (var service in ProjectionFold.Services)
        {
            foreach (var recorded in happened.Feed(service).Skip(_recorded.GetValueOrDefault(service)))
            {
                var stream = new StreamName(service, recorded.Stream);
                var before = Journal.Events(stream);
                (await Journal.Append(new Append(stream, before.Count == 0 ? Guid.Empty : before[^1].Id, before.Count,
                    [new NewEvent(Guid.CreateVersion7(), recorded.Type, recorded.Data)], CommandKey.None, recorded.OccurredAt, recorded.RecordedAt, null,
                    new Envelope("system", null, null)))).ShouldBe(AppendOutcome.Committed);
            }

            _recorded[service] = happened.Feed(service).Count;
        }
    }

    /// <summary>Another server goes on that never got the last event of each feed; these happen anew.</summary>
    public void FailOver()
    {
        Journal.FailOver(lost: 1, [.. ProjectionFold.Services]);
        foreach (var service in ProjectionFold.Services) _recorded[service]--;
    }

    /// <summary>These are in the journal already, by somebody else.</summary>
    public void HasRecorded(Happenings happened)
    {
        foreach (var service in ProjectionFold.Services) _recorded[service] = happened.Feed(service).Count;
    }

    public async Task<JsonNode> Rebuild()
    {
        using var answer = await Http.PostAsync(new Uri("/v1/analytics/rebuilds", UriKind.Relative), null, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
    }

    public async Task<JsonNode> Get(string path) => (await Http.GetFromJsonAsync<JsonNode>($"/v1/analytics/{path}", TestContext.Current.CancellationToken))!;

    /// <summary>Waits until the projections have applied all that is recorded.</summary>
    public async Task CaughtUp()
    {
        while (!await IsCaughtUp()) await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    // While the database is away there is no answer, which is not yes.
    private async Task<bool> IsCaughtUp()
    {
        using var answer = await Http.GetAsync(new Uri("/v1/analytics/lag", UriKind.Relative), TestContext.Current.CancellationToken);
        return answer.StatusCode != HttpStatusCode.ServiceUnavailable
            && (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!["caughtUp"]!.GetValue<bool>();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    // What is recorded before a relay has asked where it is would otherwise never be published, only read from the feed.
    private sealed class FromTheStart : IRelayCursor
    {
        public Task<long> Load(string service, int partition) => Task.FromResult(0L);

        public Task Store(FeedBatch published) => Task.CompletedTask;
    }

    private static (int, int) FreePorts()
    {
        using var a = new TcpListener(IPAddress.Loopback, 0);
        using var b = new TcpListener(IPAddress.Loopback, 0);
        a.Start();
        b.Start();
        return (((IPEndPoint)a.LocalEndpoint).Port, ((IPEndPoint)b.LocalEndpoint).Port);
    }
}
