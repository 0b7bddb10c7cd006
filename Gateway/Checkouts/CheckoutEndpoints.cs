using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Carts;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Commerce.Carts;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Checkouts;

/// <summary>Checkout: a cart becomes an order.</summary>
internal static class CheckoutEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/checkouts", CheckOut).WithTags("Checkouts").Allows(Audience.Public).NeedsKey().WithMetadata(ReadsHeader.Wait)
            .Produces<CheckoutBody>(StatusCodes.Status201Created).Produces<CheckoutBody>(StatusCodes.Status202Accepted)
            .Produces<Problem>(StatusCodes.Status409Conflict, "application/problem+json").Produces<Problem>(StatusCodes.Status429TooManyRequests, "application/problem+json")
            .WithSummary("Buys a cart: 201 once confirmed, 202 while under way, 409 when stock is short, 429 with a position while it queues in a rush. 'Prefer: wait=N' waits for the end.");

    private static async Task<IResult> CheckOut(CheckoutRequest body, HttpContext http, Checkout checkout, Secrets secrets)
    {
        if (Foreign(body, http.Caller()) is { } forbidden) return Refused(forbidden);
        if (body.Check() is { Count: > 0 } wrong) return Refused(Refusals.Invalid(wrong));
        if (!CartAddress.TryParse(body.CartId, out var cart)) return Refused(CartErrors.NotFound with { Details = [new RefusalDetail("/cartId", "There is no such cart.")] });

        var patience = http.Request.Wait();
        if (patience is not null) http.Response.Headers["Preference-Applied"] = "wait";
        var key = Idempotency.Of(http);
        var begun = await checkout.Begin(cart.Id, key, patience ?? TimeSpan.Zero, http.RequestAborted);
        if (!begun.Ok) return Refused(begun.Refusal!);

        using var turn = begun.Value;
        if (turn.Position > 0) return new Queued(turn.Position);

        var placed = await checkout.Place(body, cart.Id, turn.Seen, turn.Begun, key);
        if (!placed.Ok) return Refused(placed.Refusal!);

        var order = placed.Value;
        if (patience is not null)
        {
            var settled = await checkout.Settled(order.Id, patience.Value - turn.Waited, http.RequestAborted);
            if (!settled.Ok) return Refused(settled.Refusal!);
            order = settled.Value;
        }

        return order.Status == OrderStatus.Rejected
            ? new RejectedOrder(order)
            : Answer<CheckoutBody>.Of(
                CheckoutBody.Of(order, secrets), status: IsConfirmed(order.Status) ? StatusCodes.Status201Created : StatusCodes.Status202Accepted,
                location: $"/v1/orders/{order.Id}", repeated: placed.Repeated);
    }

    private static Answer<CheckoutBody> Refused(Refusal refusal) => refusal;

    private static Refusal? Foreign(CheckoutRequest body, Caller caller) => (caller.IsOperator, body.OccurredAt, body.ReturnsAnyTime) switch
    {
        (false, not null, _) => Refusals.ImportersOnly("/occurredAt", "occurredAt"),
        (false, _, not null) => Refusals.ImportersOnly("/returnsAnyTime", "returnsAnyTime"),
        _ => null,
    };

    private static bool IsConfirmed(OrderStatus status) => status is OrderStatus.Confirmed or OrderStatus.PartiallyShipped or OrderStatus.Shipped
        or OrderStatus.Delivered or OrderStatus.Completed;
}
