using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Commerce.Kernel;
using Commerce.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Commerce.Tests.Telemetry;

public sealed class CallScopesTests
{
    private readonly CallScopes _scopes = new();

    [Fact]
    public void A_line_within_a_request_names_its_trace_its_correlation_and_its_actor_before_what_the_code_adds()
    {
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        RequestContext.Set(CallContext.Correlation, "c-1");
        RequestContext.Set(CallContext.Actor, "guest");
        RequestContext.Set("not.ours", "secret");
        using var inner = _scopes.Push("inner");

        var (call, own) = Scopes() switch { [var first, var second] => (first, second), var other => throw new InvalidOperationException($"{other.Count} scopes") };
        ((IEnumerable<KeyValuePair<string, object?>>)call!).ShouldBe(
            [new("trace", request.TraceId.ToHexString()), new("correlation", "c-1"), new("actor", "guest")], ignoreOrder: true);
        own.ShouldBe("inner");
    }

    [Fact]
    public void A_line_of_no_request_has_no_scope_of_ours()
    {
        Activity.Current = null;
        RequestContext.Clear();
        Scopes().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_line_within_a_request_says_what_was_asked_for_unless_that_is_a_cart_whose_address_is_its_secret()
    {
        var (builder, log) = (WebApplication.CreateSlimBuilder(), new ScopeBook());
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddSingleton<IExternalScopeProvider>(_scopes);
        await using var app = builder.Build();
        app.MapGet("/{**path}", (ILogger<CallScopesTests> line) => line.Log(LogLevel.Warning, 0, "asked", null, static (said, _) => said));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var guest = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        foreach (var path in (string[])["/v1/products/TEA", "/v1/carts/the-secret", "/v1/Carts/the-secret/lines"]) await guest.GetAsync(path, TestContext.Current.CancellationToken);

        log.Lines.Count(line => line.StartsWith("asked", StringComparison.Ordinal)).ShouldBe(3);
        log.Lines.ShouldContain(line => line.Contains("/v1/products/TEA"));
        log.Lines.ShouldNotContain(line => line.Contains("the-secret"));
    }

    private List<object?> Scopes()
    {
        var found = new List<object?>();
        _scopes.ForEachScope(static (scope, into) => into.Add(scope), found);
        return found;
    }

    // What is logged, each line with its scopes.
    private sealed class ScopeBook : ILoggerProvider, ILogger, ISupportExternalScope
    {
        private IExternalScopeProvider? _scopes;

        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => _scopes!.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new StringBuilder(formatter(state, exception));
            _scopes!.ForEachScope(static (scope, into) => into.Append(' ').Append(scope), line);
            Lines.Enqueue($"{line}");
        }

        public void Dispose()
        {
        }
    }
}
