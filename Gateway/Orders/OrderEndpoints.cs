using System.Collections.Immutable;
using System.Globalization;
using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Checkouts;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Payments;
using Commerce.Gateway.Problems;
using Commerce.Gateway.ReadModels;
using Commerce.Gateway.Requests;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Orders;

/// <summary>Orders, for operators and for the holder of an order's own token.</summary>
internal static class OrderEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/v1/orders").WithTags("Orders");
        orders.MapGet("", List).Allows(Audience.Operator).WithSummary("Orders by status and date of placing, newest first.");
        orders.MapGet("{id}", Get).Allows(Audience.Order).WithSummary("An order.");
        orders.MapGet("{id}/timeline", Timeline).Allows(Audience.Order).WithSummary("What happened to an order, oldest first.");
        orders.MapPost("{id}/payments", Pay).Allows(Audience.Order).NeedsKey().WithMetadata(ReadsHeader.Wait)
            .WithSummary("Pays an order with a token of the payment provider, or asks for the provider's page: 'next' says where it is.");
        orders.MapPost("{id}/cancel", Cancel).Allows(Audience.Order).NeedsKey().WithSummary("Cancels what has not shipped.");
        orders.MapPost("{id}/returns", Return).Allows(Audience.Order).NeedsKey().WithSummary("Sends delivered lines back and refunds them.");
    }

    private static Answer<Page<OrderSummaryBody>> List(
        OrderIndex index, string? status = null, string? from = null, string? to = null, string? cursor = null, int? limit = null)
    {
        var after = Cursors.Parse(cursor, 2);
        if (!after.Ok) return after.Refusal!;
        if (status is not null && OrderIndex.StatusOf(status) is null) return KernelErrors.Invalid("status", $"'status' is one of {string.Join(", ", OrderIndex.Statuses)}.");
        var (begin, end) = (Day(from), Day(to));
        if (from is not null && begin is null) return KernelErrors.Invalid("from", "'from' is a date (2010-12-01) or a time in UTC (2010-12-01T00:00:00Z).");
        if (to is not null && end is null) return KernelErrors.Invalid("to", "'to' is a date (2010-12-01) or a time in UTC (2010-12-01T00:00:00Z).");

        var size = PageSize.Of(limit);
        var rows = index.Find(new OrderQuery(status is null ? null : OrderIndex.StatusOf(status), begin, end, Place(after.Value)), size + 1);
        var next = rows.Count > size ? Cursors.Of(rows[size - 1].PlacedAt.UtcTicks.ToString(CultureInfo.InvariantCulture), rows[size - 1].Id.Value) : null;
        return new Page<OrderSummaryBody>(
            [.. rows.Take(size).Select(row => new OrderSummaryBody(row.Id.Value, row.Number, row.Status, MoneyBody.Of(row.Total), row.Customer, row.PlacedAt))], next);
    }

    private static async Task<Answer<OrderBody>> Get(OrderId id, Shop shop) => (await shop.Order(id).Get()).Show();

    private static async Task<Answer<Page<TimelineEntryBody>>> Timeline(OrderId id, Shop shop) =>
        (await shop.Order(id).Timeline()).Answer(entries => new Page<TimelineEntryBody>([.. entries.Select(TimelineEntryBody.Of)], null));

    private static async Task<Answer<OrderBody>> Pay(
        OrderId id, PayOrder body, HttpContext http, Shop shop, Checkout checkout, ReturnAddress address, GatewayOptions options)
    {
        var paid = body switch
        {
            { Token: null, Method: not PayMethod.Token } when options.Payments.HasPage => await OnPage(id, body, http, shop, address),
            { Method: PayMethod.Redirect, Token: null } => Invalid("/method", "This shop's payment provider has no page of its own; pay with a token."),
            { Method: PayMethod.Redirect } => Invalid("/token", "Pay with a token or on the provider's page, not both."),
            { ReturnUrl: not null } => Invalid("/returnUrl", "'returnUrl' goes with {\"method\":\"redirect\"}."),
            { Token: { } token } when PaymentInput.IsToken(token) => await shop.Order(id).Pay(Idempotency.Of(http), token),
            _ => Refusals.Invalid([PaymentInput.TokenNeeded("/token")]),
        };
        if (!paid.Ok || http.Request.Wait() is not { } patience) return paid.Show();
        http.Response.Headers["Preference-Applied"] = "wait";
        await checkout.Settled(id, patience, http.RequestAborted);
        return (await shop.Order(id).Get() with { Repeated = paid.Repeated }).Show();
    }

    private static async Task<Result<OrderView>> OnPage(OrderId id, PayOrder body, HttpContext http, Shop shop, ReturnAddress address)
    {
        var returnTo = address.Of(id, body.ReturnUrl);
        return returnTo.Ok ? await shop.Order(id).PayOnPage(Idempotency.Of(http), returnTo.Value) : returnTo.Refusal!;
    }

    private static Result<OrderView> Invalid(string pointer, string message) => KernelErrors.Invalid(pointer, message);

    private static async Task<Answer<OrderBody>> Cancel(OrderId id, CancelOrder? body, HttpContext http, Shop shop) =>
        Reasons.Check(body?.Reason, needed: false) is { } wrong
            ? wrong
            : (await shop.Order(id).Cancel(Idempotency.Of(http), Reasons.Of(body?.Reason, http.Caller().IsOperator ? "cancelled by an operator" : "cancelled by the shopper"))).Show();

    private static async Task<Answer<OrderBody>> Return(OrderId id, ReturnOrder body, HttpContext http, Shop shop)
    {
        if (body.OccurredAt is not null && !http.Caller().IsOperator) return Refusals.ImportersOnly("/occurredAt", "occurredAt");
        if (Reasons.Check(body.Reason, needed: true) is { } wrong) return wrong;
        return (await shop.Order(id).Return(
            Idempotency.Of(http), new ReturnLines(body.Lines.Read(), body.Restock ?? true, body.Reason, AnyTime: false, body.OccurredAt))).Show();
    }

    /// <summary>Lines as the order knows them.</summary>
    public static ImmutableArray<LineQuantity> Read(this IReadOnlyList<LineQuantityInput>? lines) =>
        lines is null ? [] : [.. lines.Select(line => new LineQuantity(line.LineId, line.Quantity))];

    /// <summary>An order as an answer.</summary>
    public static Answer<OrderBody> Show(this Result<OrderView> result) => result.Answer(OrderBody.Of, order => order.Version);

    private static DateTimeOffset? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
            : GatewayJson.Text.Of(text);

    private static (DateTimeOffset, OrderId)? Place(string[]? cursor) =>
        cursor is [var ticks, var id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTimeOffset.MaxValue.Ticks
            ? (new DateTimeOffset(at, TimeSpan.Zero), new OrderId(id))
            : null;
}
