using System.Globalization;
using System.Text;

namespace Commerce.Cli.Bench.Load;

/// <summary>Idempotency keys: the same seed makes the same ones, and no two shoppers the same.</summary>
internal sealed class KeyMaker(string prefix)
{
    private long _count;

    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{++_count:000000000000}");
}

/// <summary>Fills carts that are checked out later: opens one, puts a basket into it in one request.</summary>
internal sealed class CartFiller(Func<string[]> basket, int wanted, ICollection<string> filled, SharedCount begun) : Visitor
{
    private string? _cart;

    public override int Ask(Span<byte> into)
    {
        if (_cart is not null) return Requests.AddLines(into, _cart, basket());
        return begun.TryTake(wanted) ? Requests.OpenCart(into) : 0;
    }

    public override Verdict Heard(int status, ReadOnlySpan<byte> body)
    {
        var cart = _cart;
        _cart = null;
        if (cart is null)
        {
            if (status != 201) return Verdict.Failed;
            _cart = Encoding.UTF8.GetString(HttpAnswer.Field(body, "\"id\""u8));
            return Verdict.Step;
        }

        if (status != 200) return Verdict.Failed;
        filled.Add(cart);
        return Verdict.Done;
    }

    public override void Lost() => _cart = null;
}

/// <summary>A count many visitors share.</summary>
internal sealed class SharedCount
{
    private int _taken;

    public bool TryTake(int most) => _taken < most && ++_taken > 0;
}

/// <summary>Checks out carts that were filled before.</summary>
/// <param name="carts">The carts; each is taken once.</param>
/// <param name="refusals">Whether 409 is what the scenario wants, too.</param>
/// <param name="acknowledged">Where the ids of confirmed orders go, if anybody wants them.</param>
internal sealed class CheckoutShopper(Queue<string> carts, KeyMaker keys, bool refusals = false, ICollection<string>? acknowledged = null) : Visitor
{
    public override int Ask(Span<byte> into) => carts.TryDequeue(out var cart) ? Requests.CheckOut(into, cart, keys.Next()) : 0;

    public override Verdict Heard(int status, ReadOnlySpan<byte> body)
    {
        if (status == 409 && refusals) return Verdict.Refused;
        if (status != 201) return Verdict.Failed;
        acknowledged?.Add(Encoding.UTF8.GetString(HttpAnswer.Field(body, "\"orderId\""u8)));
        return Verdict.Done;
    }
}

/// <summary>A whole session: opens a cart, puts a basket into it line by line, checks it out.</summary>
internal sealed class SessionShopper(Func<string[]> basket, KeyMaker keys) : Visitor
{
    /// <summary>Who wants to know of confirmed orders.</summary>
    public Action<string>? Confirmed { get; init; }

    private string? _cart;
    private string[] _basket = [];
    private int _added;

    public override bool Begins => _cart is null;

    public override int Ask(Span<byte> into)
    {
        if (_cart is null)
        {
            (_basket, _added) = (basket(), 0);
            return Requests.OpenCart(into);
        }

        return _added < _basket.Length ? Requests.AddLine(into, _cart, _basket[_added], 1) : Requests.CheckOut(into, _cart, keys.Next());
    }

    public override Verdict Heard(int status, ReadOnlySpan<byte> body)
    {
        if (_cart is null)
        {
            if (status != 201) return Verdict.Failed;
            _cart = Encoding.UTF8.GetString(HttpAnswer.Field(body, "\"id\""u8));
            return Verdict.Step;
        }

        if (_added < _basket.Length)
        {
            if (status == 200)
            {
                _added++;
                return Verdict.Step;
            }

            _cart = null;
            return Verdict.Failed;
        }

        _cart = null;
        if (status != 201) return Verdict.Failed;
        Confirmed?.Invoke(Encoding.UTF8.GetString(HttpAnswer.Field(body, "\"orderId\""u8)));
        return Verdict.Done;
    }

    public override void Lost() => _cart = null;
}

/// <summary>Looks at product pages.</summary>
internal sealed class Browser(Func<string> sku) : Visitor
{
    public override int Ask(Span<byte> into) => Requests.Product(into, sku());

    public override Verdict Heard(int status, ReadOnlySpan<byte> body) => status == 200 ? Verdict.Done : Verdict.Failed;
}

/// <summary>Asks an operator's requests, each once.</summary>
internal sealed class OperatorVisitor(Queue<(string Path, string Key, string Body)> requests, string token) : Visitor
{
    public override int Ask(Span<byte> into) => requests.TryDequeue(out var next) ? Requests.Operator(into, "POST", next.Path, token, next.Key, next.Body) : 0;

    public override Verdict Heard(int status, ReadOnlySpan<byte> body) => status is 200 or 201 ? Verdict.Done : Verdict.Failed;
}
