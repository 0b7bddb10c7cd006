using System.Collections.Concurrent;
using Commerce.Kernel;
using Commerce.Payments;

namespace Commerce.Kit.Cluster;

/// <summary>A payment provider in memory: one operation per key, and tokens that say how it behaves.</summary>
public sealed class TokenProvider : IPaymentProvider
{
    private readonly ConcurrentDictionary<string, ProviderAnswer> _ledger = new(StringComparer.Ordinal);

    /// <summary>What was done, by operation key.</summary>
    public IReadOnlyDictionary<string, ProviderAnswer> Ledger => _ledger;

    /// <summary>An authorisation comes about whatever was said before, as no provider should but some do.</summary>
    public void AuthoriseLate(string key, Money amount) => _ledger[key] = new(true, amount, "late");

    public Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel)
    {
        if (operation.Token == "tok_timeout_before" && !_ledger.ContainsKey(operation.Key)) throw new TimeoutException("No answer.");
        var first = false;
        var answer = _ledger.GetOrAdd(operation.Key, _ =>
        {
            first = true;
            return Do(operation);
        });
        return first && operation.Token == "tok_timeout_after" ? throw new TimeoutException("No answer.") : Task.FromResult(answer);
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
