using System.Collections.Concurrent;
using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Gateway.Tests.Shop;

/// <summary>Seals nothing: the tests of sealing are elsewhere.</summary>
internal sealed class OpenSealer : ISealer
{
    public Task<Sealed<T>> Seal<T>(string subject, T value) => Task.FromResult(new Sealed<T>(subject, JsonSerializer.Serialize(value, EventTypes.Json)));

    public Task<T?> Open<T>(Sealed<T> box) where T : class => Task.FromResult(JsonSerializer.Deserialize<T>(box.Box, EventTypes.Json));

    public Task Erase(string subject) => Task.CompletedTask;
}

/// <summary>A payment provider that knows the sandbox's tokens and remembers each key.</summary>
internal sealed class TestProvider : IPaymentProvider
{
    private readonly ConcurrentDictionary<string, ProviderAnswer> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _times = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ProviderOperation> _pages = new(StringComparer.Ordinal);

    /// <summary>Where a page sends the shopper back to.</summary>
    public string ReturnTo(string key) => _pages[key].Page!.ReturnTo;

    /// <summary>The shopper pays on a page.</summary>
    public void Pay(string key) => _answers[key] = new ProviderAnswer(true, _pages[key].Amount, $"ref-{key}");

    /// <summary>How often the provider was asked of an operation.</summary>
    public int Asked(string key) => _times.GetValueOrDefault(key);

    /// <summary>The order whose voids get no answer.</summary>
    public string? SilentTo { get; set; }

    /// <summary>The shopper leaves a page.</summary>
    public void Cancel(string key) => _answers[key] = new ProviderAnswer(false, Money.Zero(_pages[key].Amount.Currency), $"ref-{key}", "shopper-cancelled");

    public Task<ProviderAnswer?> Find(ProviderOperation operation, CancellationToken cancel) => Task.FromResult(_answers.GetValueOrDefault(operation.Key));

    public Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel)
    {
        _times.AddOrUpdate(operation.Key, 1, static (_, times) => times + 1);
        if (operation.Page is not null)
        {
            _pages[operation.Key] = operation;
            var page = new ProviderAnswer(false, Money.Zero(operation.Amount.Currency), "page", Page: $"{TestShop.ProviderPage}pay/{operation.Key}");
            return Task.FromResult(_answers.GetValueOrDefault(operation.Key) ?? page);
        }

        if (operation.Kind == OperationKind.Void && SilentTo is { } order && operation.Key.StartsWith(order, StringComparison.Ordinal)) throw new TimeoutException();
        var first = _asked.TryAdd(operation.Key, true);
        if (first && operation.Token == "tok_timeout_before") throw new TimeoutException();
        var answer = _answers.GetOrAdd(operation.Key, _ => operation.Token == "tok_declined"
            ? new ProviderAnswer(false, operation.Amount, $"ref-{operation.Key}", "declined")
            : new ProviderAnswer(
                true, operation.Token == "tok_wrong_amount" ? operation.Amount with { Minor = operation.Amount.Minor + 1 } : operation.Amount, $"ref-{operation.Key}"));
        return first && operation.Token == "tok_timeout_after" ? throw new TimeoutException() : Task.FromResult(answer);
    }
}
