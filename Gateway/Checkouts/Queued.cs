using Commerce.Gateway.Problems;
using Commerce.Inventory;
using Commerce.Kernel;

namespace Commerce.Gateway.Checkouts;

/// <summary>A checkout whose turn has not come: its place is kept while it asks again.</summary>
internal sealed class Queued(int position) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.Write(new Refusal(
        "rate-limited", $"Many buy this at once: it is number {position} in the queue. Send the same request again within {CheckoutQueueTerms.Kept.TotalSeconds:0} s and it keeps its place.").ToProblem(httpContext) with { Position = position });
}
