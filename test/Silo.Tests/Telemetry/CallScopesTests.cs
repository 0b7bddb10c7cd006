using System.Diagnostics;
using Commerce.Kernel;
using Commerce.ServiceDefaults;
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

    private List<object?> Scopes()
    {
        var found = new List<object?>();
        _scopes.ForEachScope(static (scope, into) => into.Add(scope), found);
        return found;
    }
}
