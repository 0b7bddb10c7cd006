using System.Collections.Concurrent;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Kit.Cluster;

/// <summary>A payment provider in memory: one operation per key, tokens that say how it behaves, and a page on which the test is the shopper (<see cref="Decide"/>).</summary>
public sealed class TokenProvider : IPaymentProvider
{
    private readonly ConcurrentDictionary<string, ProviderAnswer> _ledger = new(StringComparer.Ordinal);

    /// <summary>What was done, by operation key.</summary>
    public IReadOnlyDictionary<string, ProviderAnswer> Ledger => _ledger;

    /// <summary>Told of each operation that is asked for, before it is done.</summary>
    public Action<ProviderOperation>? Asked { get; set; }

    /// <summary>What each operation waits for before it is done.</summary>
    public Task Until { get; set; } = Task.CompletedTask;

    /// <summary>What the shopper does on an open page.</summary>
    public void Decide(string key, ProviderAnswer answer)
    {
        if (!_ledger.TryAdd(key, answer)) throw new InvalidOperationException($"{key} is decided already.");
    }

    /// <summary>What the provider has come to behind everybody's back.</summary>
    public void Overrule(string key, ProviderAnswer answer) => _ledger[key] = answer;

    public Task<ProviderAnswer?> Find(ProviderOperation operation, CancellationToken cancel) => Task.FromResult(_ledger.GetValueOrDefault(operation.Key));

    public async Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel)
    {
        Asked?.Invoke(operation);
        await Until;
        if (operation.Page is not null && !_ledger.ContainsKey(operation.Key))
            return new ProviderAnswer(false, Money.Zero(operation.Amount.Currency), "page", Page: $"https://psp.test/{operation.Key}");
        if (operation.Token == "tok_timeout_before") throw new TimeoutException("No answer.");
        var first = false;
        var answer = _ledger.GetOrAdd(operation.Key, _ =>
        {
            first = true;
            return Do(operation);
        });
        return first && operation.Token == "tok_timeout_after" ? throw new TimeoutException("No answer.") : answer;
    }

    private ProviderAnswer Do(ProviderOperation operation) => operation switch
    {
        { Token: "tok_declined" } => new(false, operation.Amount, "ref", "declined"),
        { Token: "tok_wrong_amount" } => new(true, operation.Amount with { Minor = operation.Amount.Minor - 1 }, "ref"),
        { Kind: OperationKind.Void } when !_ledger.TryAdd(operation.Authorisation!, new(false, operation.Amount, "ref", "cancelled")) =>
            new(true, _ledger[operation.Authorisation!] is { Succeeded: true } held ? held.Amount : Money.Zero(operation.Amount.Currency), "ref"),
        { Kind: OperationKind.Void } => new(true, Money.Zero(operation.Amount.Currency), "ref"),
        _ => new(true, operation.Amount, "ref", Brand: "visa", Last4: "4242"),
    };
}
