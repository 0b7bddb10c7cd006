using Commerce.Gateway.Problems;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Checkouts;

/// <summary>A checkout whose order came to nothing: which lines were short, and what there is of each.</summary>
internal sealed class RejectedOrder(OrderView order) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.Write(Refusal.ToProblem(httpContext) with { OrderId = order.Id.Value, Number = order.Number });

    private Refusal Refusal => order.Code == "out-of-stock"
        ? OutOfStock(order.Lines.Select(line => line.Line.Sku), order.Shortages)
        : new Refusal("illegal-transition", $"The order ended as '{order.Code}' before payment; check the cart out again with a new key.");

    /// <summary>What is short, at every line that asks for it.</summary>
    public static Refusal OutOfStock(IEnumerable<Sku> lines, IEnumerable<Shortage> shortages) => new(
        "out-of-stock", "Not everything is in stock; change the lines named in 'errors' and check out again with a new key.",
        [
            .. from line in lines.Index()
               from shortage in shortages
               where shortage.Sku == line.Item
               select new RefusalDetail(
                   $"/lines/{line.Index}", $"{shortage.Asked} of {shortage.Sku} asked for, {shortage.Available} available.", shortage.Sku.Value, shortage.Available, shortage.Asked),
        ]);
}
