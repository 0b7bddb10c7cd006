using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Commerce.ServiceDefaults;

/// <summary>
/// Puts into each line of the log which request it belongs to: the trace, and what the call carries along under <c>commerce.</c> (who acts, and the
/// correlation, which is also in the journal and in the problem the caller got). It is looked up when a line is written; a call that logs nothing pays nothing.
/// </summary>
internal sealed class CallScopes : IExternalScopeProvider
{
    private const string Ours = "commerce.";

    private readonly LoggerExternalScopeProvider _scopes = new();

    public IDisposable Push(object? state) => _scopes.Push(state);

    public void ForEachScope<TState>(Action<object?, TState> callback, TState state)
    {
        if (Call.Current() is { Count: > 0 } call) callback(call, state);
        _scopes.ForEachScope((scope, into) => { if (!NamesACart(scope)) callback(scope, into); }, state);
    }

    // The framework adds the address that was asked for.
    private static bool NamesACart(object? scope) =>
        scope is IEnumerable<KeyValuePair<string, object?>> fields && fields.Any(static field => field.Value is string text && CartIds.NamesACart(text));

    private sealed class Call : List<KeyValuePair<string, object?>>
    {
        public static Call Current()
        {
            var call = new Call();
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity) call.Add(new("trace", activity.TraceId.ToHexString()));
            foreach (var (key, value) in RequestContext.Entries)
                if (key.StartsWith(Ours, StringComparison.Ordinal)) call.Add(new(key[Ours.Length..], value));
            return call;
        }

        public override string ToString() => string.Join(' ', this.Select(part => $"{part.Key}={part.Value}"));
    }
}
