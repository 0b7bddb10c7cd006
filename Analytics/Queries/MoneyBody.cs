using Commerce.Kernel;

namespace Commerce.Analytics.Queries;

/// <summary>Money as it leaves: <c>{"amount":"12.90","currency":"GBP","minor":1290}</c>.</summary>
/// <param name="Amount">The amount as people write it.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Minor">Minor units (pence); negative where more went back than came in.</param>
public sealed record MoneyBody(string Amount, string Currency, long Minor)
{
    internal static MoneyBody Of(long minor, Currency currency) => new(new Money(minor, currency).Amount, currency.Value, minor);
}
