using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Checkouts;

/// <summary>A checkout whose order came to nothing: which lines were short, and what there is of each.</summary>
internal sealed class RejectedOrder(OrderView order) : IResult
{
    private const string OutOfStock = "out-of-stock";

    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.Write(Refusal.ToProblem(httpContext) with { Errors = [.. Places], OrderId = order.Id.Value, Number = order.Number });

    private Refusal Refusal => order.Code == OutOfStock
        ? new Refusal(OutOfStock, "Not everything is in stock; change the lines named in 'errors' and check out again with a new key.")
        : new Refusal("illegal-transition", $"The order ended as '{order.Code}' before payment; check the cart out again with a new key.");

    private IEnumerable<ProblemPlace> Places =>
        from at in order.Lines.Select((line, index) => (line.Line.Sku, index))
        from shortage in order.Shortages
        where shortage.Sku == at.Sku
        select new ProblemPlace(
            $"/lines/{at.index}", $"{shortage.Asked} of {shortage.Sku} asked for, {shortage.Available} available.", shortage.Sku.Value, shortage.Asked, shortage.Available);
}
