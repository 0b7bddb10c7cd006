using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Orders;
using Commerce.Gateway.Requests;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Admin;

/// <summary>What operators do with orders.</summary>
internal static class OrderAdminEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/v1/admin/orders/{id}").WithTags("Admin: orders").OperatorsOnly();
        orders.MapPost("ship", Ship).NeedsKey().WithSummary("Ships lines after capturing their amount.");
        orders.MapPost("deliver", Deliver).NeedsKey().WithSummary("Marks a shipment as delivered.");
        orders.MapPost("refund", Refund).NeedsKey().WithSummary("Refunds delivered lines, at any time, without taking the goods back.");
        orders.MapPost("park", Park).NeedsKey().WithSummary("Stops what an order does by itself, until it is told to retry, skips its step or is cancelled.");
        orders.MapPost("retry", Retry).NeedsKey().WithSummary("Tells a parked order to go on.");
        orders.MapPost("skip", Skip).NeedsKey().WithSummary("Tells a parked order that its step was seen to by other means.");
        orders.MapPost("cancel", Cancel).NeedsKey().WithSummary("Cancels what has not shipped.");
    }

    private static async Task<Answer<OrderBody>> Ship(OrderId id, ShipOrder? body, HttpContext http, Shop shop) =>
        body?.Lines is { Count: 0 }
            ? KernelErrors.Invalid("/lines", "Name at least one line, or leave 'lines' out to ship all that is left.")
            : (await shop.Order(id).Ship(Idempotency.Of(http), body?.Lines.Read() ?? [], body?.OccurredAt)).Show();

    private static async Task<Answer<OrderBody>> Deliver(OrderId id, DeliverOrder? body, HttpContext http, Shop shop) =>
        (await shop.Order(id).Deliver(Idempotency.Of(http), body?.ShipmentId, body?.OccurredAt)).Show();

    private static async Task<Answer<OrderBody>> Refund(OrderId id, RefundOrder body, HttpContext http, Shop shop) =>
        Reasons.Check(body.Reason, needed: true) is { } wrong
            ? wrong
            : (await shop.Order(id).Return(
                Idempotency.Of(http), new ReturnLines(body.Lines.Read(), Restock: false, body.Reason, AnyTime: true, body.OccurredAt))).Show();

    private static async Task<Answer<OrderBody>> Park(OrderId id, ParkOrder body, HttpContext http, Shop shop) =>
        Reasons.Check(body.Reason, needed: true) is { } wrong
            ? wrong
            : (await shop.Order(id).Park(Idempotency.Of(http), body.Reason.Trim())).Show();

    private static async Task<Answer<OrderBody>> Retry(OrderId id, RetryOrder? body, HttpContext http, Shop shop) =>
        Reasons.Check(body?.Reason, needed: false) is { } wrong
            ? wrong
            : (await shop.Order(id).Resume(Idempotency.Of(http), Reasons.Of(body?.Reason, "retried by an operator"))).Show();

    private static async Task<Answer<OrderBody>> Skip(OrderId id, SkipStep body, HttpContext http, Shop shop) =>
        Reasons.Check(body.Reason, needed: true) is { } wrong
            ? wrong
            : (await shop.Order(id).Skip(Idempotency.Of(http), body.Reason.Trim())).Show();

    private static async Task<Answer<OrderBody>> Cancel(OrderId id, CancelOrder? body, HttpContext http, Shop shop) =>
        Reasons.Check(body?.Reason, needed: false) is { } wrong
            ? wrong
            : (await shop.Order(id).Cancel(Idempotency.Of(http), Reasons.Of(body?.Reason, "cancelled by an operator"))).Show();
}
